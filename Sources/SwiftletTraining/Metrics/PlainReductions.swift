internal import SwiftletGraph
internal import SwiftletLayers

/// Keras's `Mean` as it works in `compile`: of the targets, weighted by the predictions.
struct MeanOfTargets: MetricFunction {
    static let className = "Mean"

    init(config: LayerConfig) throws {}

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        let product = try graph.multiply(truth, prediction)
        return try graph.concatenate([graph.total(product), graph.total(prediction)], axis: 0)
    }

    func results(_ sums: [Double]) -> [Double] { [ratio(sums[0], sums[1])] }
}

/// Keras's `Sum` as it works in `compile`: of the targets, weighted by the predictions.
struct SumOfTargets: MetricFunction {
    static let className = "Sum"

    init(config: LayerConfig) throws {}

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try graph.total(graph.multiply(truth, prediction))
    }

    func results(_ sums: [Double]) -> [Double] { [sums[0]] }
}
