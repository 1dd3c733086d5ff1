internal import SwiftletGraph
internal import SwiftletLayers

/// The mean of `prediction − truth · ln prediction` over the last axis.
struct Poisson: LossFunction {
    static let className = "Poisson"
    static let functionName = "poisson"

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        try graph.expectSameShape(truth, prediction)
        let logarithm = try graph.log(graph.add(prediction, graph.constant(lossEpsilon)))
        let value = try graph.subtract(prediction, graph.multiply(truth, logarithm))
        return LossValues(try graph.meanOfLast(value))
    }
}

extension Loss {
    /// For counts: the negative logarithm of their likelihood under a Poisson distribution.
    public static let poisson = Loss(Poisson())
}
