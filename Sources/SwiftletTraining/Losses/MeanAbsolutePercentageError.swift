internal import SwiftletGraph
internal import SwiftletLayers

/// 100 times the mean of `|truth − prediction| / |truth|` over the last axis.
struct MeanAbsolutePercentageError: LossFunction {
    static let className = "MeanAbsolutePercentageError"
    static let functionName = "mean_absolute_percentage_error"
    static let aliases = ["mape"]

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let size = try graph.maximum(graph.unary(.abs, truth), graph.constant(lossEpsilon))
        let part = try graph.unary(
            .abs, graph.divide(graph.difference(truth, prediction), size))
        return LossValues(try graph.scale(graph.meanOfLast(part), by: 100))
    }
}

extension Loss {
    /// The mean of absolute differences in percent of the truth.
    public static let meanAbsolutePercentageError = Loss(MeanAbsolutePercentageError())
}
