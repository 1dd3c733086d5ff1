internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// The share of yes among what is true.
struct Recall: MetricFunction {
    static let className = "Recall"
    private let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }

    var config: JSONObject { counts.config }

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try counts.statistics(truth, prediction, weights: weights, in: &graph)
    }

    func result(_ sums: [Double]) -> Double {
        let count = counts.counts(sums)[0]
        return ratio(count.truePositives, count.truePositives + count.falseNegatives)
    }
}
