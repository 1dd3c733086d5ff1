internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// One of the four counts of right and wrong answers.
protocol CountMetricFunction: MetricFunction {
    static var count: @Sendable (ConfusionCounts.Counts) -> Double { get }
    var counts: ConfusionCounts { get }
}

extension CountMetricFunction {
    var config: JSONObject { ["thresholds": .array(counts.thresholds.map(JSON.double))] }

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try counts.statistics(truth, prediction, weights: weights, in: &graph)
    }

    func result(_ sums: [Double]) -> Double { Self.count(counts.counts(sums)[0]) }
}

/// How often the answer is yes where it is true.
struct TruePositives: CountMetricFunction {
    static let className = "TruePositives"
    static let count: @Sendable (ConfusionCounts.Counts) -> Double = { $0.truePositives }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }
}

/// How often the answer is no where it is false.
struct TrueNegatives: CountMetricFunction {
    static let className = "TrueNegatives"
    static let count: @Sendable (ConfusionCounts.Counts) -> Double = { $0.trueNegatives }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }
}

/// How often the answer is yes where it is false.
struct FalsePositives: CountMetricFunction {
    static let className = "FalsePositives"
    static let count: @Sendable (ConfusionCounts.Counts) -> Double = { $0.falsePositives }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }
}

/// How often the answer is no where it is true.
struct FalseNegatives: CountMetricFunction {
    static let className = "FalseNegatives"
    static let count: @Sendable (ConfusionCounts.Counts) -> Double = { $0.falseNegatives }
    let counts: ConfusionCounts

    init(config: LayerConfig) throws { counts = try ConfusionCounts(config: config) }
}
