internal import SwiftletGraph
internal import SwiftletLayers

/// The mean of `(truth − prediction)²` over the last axis.
struct MeanSquaredError: LossFunction {
    static let className = "MeanSquaredError"
    static let functionName = "mean_squared_error"
    static let aliases = ["mse"]

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        LossValues(
            try graph.meanOfLast(graph.square(graph.difference(truth, prediction))))
    }
}

extension Loss {
    /// The mean of squared differences.
    public static let meanSquaredError = Loss(MeanSquaredError())
}
