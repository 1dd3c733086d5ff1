public import SwiftletGraph
public import SwiftletLayers
internal import SwiftletTensor

/// What a loss of one's own is made of, beside the arithmetic of ``Lowering``.
extension Lowering {
    /// Calls a model of the training; its weights are the training's own, whatever `model` holds.
    ///
    /// - Parameter inputs: in the order of the model's inputs, `[batch, …]` each.
    /// - Returns: the model's outputs, in order.
    /// - Throws: ``ModelError`` if the inputs do not fit the model.
    public mutating func call(_ model: Model, _ inputs: Value...) throws -> [Value] {
        try apply(
            model.network, name: model.name, group: model.name, to: CallArguments(list: inputs))
    }

    /// A loss of Keras, reduced to one number.
    ///
    /// - Parameter weights: per sample, or nil.
    public mutating func loss(
        _ loss: Loss, target: Value, prediction: Value, weights: Value? = nil
    ) throws -> Value {
        try loss.value(
            target, prediction, weights: weights, mask: mask(of: prediction), in: &graph)
    }

    /// The same value, as a constant to the gradient: what a fixed network gives, or a target that
    /// is computed.
    public mutating func stopGradient(_ x: Value) throws -> Value {
        try graph.apply(StopGradient(), x)
    }

    /// The penalties of all weights and activities so far (regularizers); nil without any.
    public mutating func penalty() throws -> Value? {
        try StepGraph.penalties(self, in: &graph).reduce(nil as Value?) { sum, penalty in
            try sum.map { try graph.add($0, penalty) } ?? penalty
        }
    }
}

extension Lowering {
    /// Random numbers of mean 0 and variance 1, new in every step and the same for the same seed.
    ///
    /// - Parameter name: tells apart what a step draws; each call needs one of its own.
    public mutating func randomNormal(_ name: String, _ extents: [Int]) throws -> Value {
        let counter = try stepCounter()
        return try graph.randomNormal(
            Shape(extents), seed: 0, stream: "loss/\(name)", counter: counter)
    }
}
