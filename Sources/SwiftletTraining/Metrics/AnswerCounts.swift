internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// A number of the right and wrong answers at each threshold.
protocol CountMetricFunction: MetricFunction {
    static var score: @Sendable (ConfusionCounts.Counts) -> Double { get }
    var counts: ConfusionCounts { get }
}

extension CountMetricFunction {
    var config: JSONObject { ["thresholds": .array(counts.thresholds.map(JSON.double))] }

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try counts.statistics(truth, prediction, weights: weights, in: &graph)
    }

    func results(_ sums: [Double]) -> [Double] { counts.counts(sums)[0].map(Self.score) }
}

/// How often the answer is yes where it is true.
struct TruePositives: CountMetricFunction {
    static let className = "TruePositives"
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.truePositives }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }
}

/// How often the answer is no where it is false.
struct TrueNegatives: CountMetricFunction {
    static let className = "TrueNegatives"
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.trueNegatives }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }
}

/// How often the answer is yes where it is false.
struct FalsePositives: CountMetricFunction {
    static let className = "FalsePositives"
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.falsePositives }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }
}

/// How often the answer is no where it is true.
struct FalseNegatives: CountMetricFunction {
    static let className = "FalseNegatives"
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.falseNegatives }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }
}

/// The share of true answers among those that say yes.
struct Precision: CountMetricFunction {
    static let className = "Precision"
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.precision }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }

    var config: JSONObject { counts.config }
}

/// The share of the true that is found.
struct Recall: CountMetricFunction {
    static let className = "Recall"
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.recall }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }

    var config: JSONObject { counts.config }
}
