internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// What a loss measures, before weights and reduction.
///
/// To add one, write the file and a row in ``Loss``'s registry. Numbers are Keras 3's on TensorFlow,
/// clipping and the recovery of logits included.
protocol LossFunction: Sendable {
    /// The Keras class name, e.g. `MeanSquaredError`.
    static var className: String { get }
    /// The Keras function's name, e.g. `mean_squared_error`.
    static var functionName: String { get }
    /// What Keras calls an instance by default.
    static var defaultName: String { get }
    /// Short names, e.g. `mse`.
    static var aliases: [String] { get }

    init(config: LayerConfig) throws

    /// The options as Keras's `get_config()` gives them, without `name` and `reduction`.
    var config: JSONObject { get }

    /// The loss of each sample, or of each position in it: usually one axis less than the
    /// prediction has.
    ///
    /// - Parameters:
    ///   - truth: float32, of the prediction's rank where ranks can be made to agree.
    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues

    /// Whether targets are class numbers, which must lie below the prediction's last extent.
    var takesClassNumbers: Bool { get }
}

extension LossFunction {
    static var defaultName: String { functionName }
    static var aliases: [String] { [] }
    var config: JSONObject { [:] }
    var takesClassNumbers: Bool { false }
}

/// What a loss function gives.
struct LossValues {
    let values: Value
    /// bool: the values that count; nil if all do.
    var mask: Value?

    init(_ values: Value, mask: Value? = nil) { (self.values, self.mask) = (values, mask) }
}

/// Keras's `epsilon()`: probabilities stay this far from 0 and 1.
let lossEpsilon: Float = 1e-7

extension Graph {
    /// Refuses targets that are not shaped like the prediction.
    func expectSameShape(_ truth: Value, _ prediction: Value) throws {
        guard shape(of: truth) == shape(of: prediction) else {
            throw TrainingError.loss(
                "targets of shape \(shape(of: truth)) do not fit "
                    + "predictions of shape \(shape(of: prediction))")
        }
    }

    /// `truth − prediction`, or the other way round.
    mutating func difference(_ a: Value, _ b: Value) throws -> Value {
        try expectSameShape(a, b)
        return try subtract(a, b)
    }

    /// The mean over the last axis; a vector of single numbers is its own mean.
    mutating func meanOfLast(_ x: Value) throws -> Value {
        shape(of: x).rank == 0 ? x : try mean(x, axes: [-1])
    }

    /// `truth · (1 − smoothing) + smoothing · share`.
    mutating func smoothed(_ truth: Value, by smoothing: Double, share: Double) throws -> Value {
        guard smoothing != 0 else { return truth }
        return try add(
            scale(truth, by: Float(1 - smoothing)), constant(Float(smoothing * share)))
    }

    /// Brings the two to the same rank as Keras does: a last axis of one element comes or goes.
    mutating func alignRanks(_ a: Value, _ b: Value) throws -> (Value, Value) {
        let (x, y) = (shape(of: a), shape(of: b))
        if x.rank == y.rank + 1, x.last == 1 {
            return y.rank == 1
                ? (a, try reshape(b, to: y.dimensions + [1]))
                : (try reshape(a, to: Array(x.dimensions.dropLast())), b)
        }
        if y.rank == x.rank + 1, y.last == 1 {
            return x.rank == 1
                ? (try reshape(a, to: x.dimensions + [1]), b)
                : (a, try reshape(b, to: Array(y.dimensions.dropLast())))
        }
        return (a, b)
    }

    /// What went into the softmax or sigmoid that made `prediction`; nil if none did.
    ///
    /// Keras computes cross-entropies from there, whichever of the two it was: probabilities have
    /// lost what it takes for an exact gradient.
    func logits(of prediction: Value) -> Value? {
        let node = nodes[prediction.node]
        switch node.op {
        case let softmax as SwiftletGraph.Softmax where !softmax.isLogarithmic:
            return node.inputs[0]
        case let unary as Unary where unary.function == .sigmoid: return node.inputs[0]
        default: return nil
        }
    }
}
