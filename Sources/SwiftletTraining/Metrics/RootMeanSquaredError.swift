internal import SwiftletGraph
internal import SwiftletLayers

/// The root of the mean of all squared differences.
struct RootMeanSquaredError: MeanMetricFunction {
    static let className = "RootMeanSquaredError"
    static let aliases = ["rmse"]

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.meanOfLast(graph.square(graph.difference(truth, prediction)))
    }

    func result(mean: Double) -> Double { mean.squareRoot() }
}

extension Metric {
    /// The root of the mean of all squared differences.
    public static let rootMeanSquaredError = Metric(
        RootMeanSquaredError(), name: "root_mean_squared_error")
}
