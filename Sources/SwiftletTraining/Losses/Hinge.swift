internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// The mean of `max(1 − truth · prediction, 0)` over the last axis, for truths of −1 and 1; truths of
/// 0 and 1 become such.
struct Hinge: LossFunction {
    static let className = "Hinge"
    static let functionName = "hinge"

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        LossValues(try graph.meanOfLast(graph.margin(truth, prediction)))
    }
}

extension Graph {
    /// `max(1 − truth · prediction, 0)`.
    mutating func margin(_ truth: Value, _ prediction: Value) throws -> Value {
        try expectSameShape(truth, prediction)
        let signs = try signs(of: truth)
        let rest = try subtract(constant(1), multiply(signs, prediction))
        return try maximum(rest, constant(0))
    }

    /// If all of `truth` are 0 or 1, 0 becomes −1.
    private mutating func signs(of truth: Value) throws -> Value {
        let isBinary = try logicalOr(
            compare(.equal, truth, constant(0)), compare(.equal, truth, constant(1)))
        let axes = Array(0..<shape(of: truth).rank)
        let areBinary = try reduce(.all, isBinary, axes: axes)
        return try select(areBinary, subtract(scale(truth, by: 2), constant(1)), truth)
    }
}

extension Loss {
    /// For signs: zero for what lies on the right side by 1 or more.
    public static let hinge = Loss(Hinge())
}
