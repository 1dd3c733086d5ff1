internal import SwiftletGraph
internal import SwiftletLayers

/// The mean of `|truth − prediction|` over the last axis.
struct MeanAbsoluteError: LossFunction {
    static let className = "MeanAbsoluteError"
    static let functionName = "mean_absolute_error"
    static let aliases = ["mae"]

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        LossValues(
            try graph.meanOfLast(graph.unary(.abs, graph.difference(truth, prediction))))
    }
}

extension Loss {
    /// The mean of absolute differences.
    public static let meanAbsoluteError = Loss(MeanAbsoluteError())
}
