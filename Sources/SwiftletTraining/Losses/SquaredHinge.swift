internal import SwiftletGraph
internal import SwiftletLayers

/// The mean of `max(1 − truth · prediction, 0)²` over the last axis; truths as for ``Hinge``.
struct SquaredHinge: LossFunction {
    static let className = "SquaredHinge"
    static let functionName = "squared_hinge"

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        LossValues(try graph.meanOfLast(graph.square(graph.margin(truth, prediction))))
    }
}

extension Loss {
    /// For signs: the squares of ``hinge``.
    public static let squaredHinge = Loss(SquaredHinge())
}
