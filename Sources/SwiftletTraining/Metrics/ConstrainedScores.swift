internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// The best of one score among the thresholds at which another is high enough; 0 if there is none.
protocol ConstrainedScore: MetricFunction {
    /// The option that says how high.
    static var limitKey: String { get }
    static var constrained: @Sendable (ConfusionCounts.Counts) -> Double { get }
    static var score: @Sendable (ConfusionCounts.Counts) -> Double { get }
    var search: ScoreSearch { get }
}

/// The options of a ``ConstrainedScore``.
struct ScoreSearch: Sendable {
    let limit: Double
    let counts: ConfusionCounts

    init(_ config: LayerConfig, _ limitKey: String) throws {
        guard config.value(limitKey) != nil else {
            throw ModelError.config(key: limitKey, cause: "missing")
        }
        limit = try config.number(limitKey, default: 0, in: 0...1)
        let count = try config.positiveInt("num_thresholds", default: 200)
        guard count <= 100_000 else {
            throw ModelError.config(key: "num_thresholds", cause: "\(count) is not possible")
        }
        var counts = ConfusionCounts(
            thresholds: count == 1 ? [0.5] : (0..<count).map { Double($0) / Double(count - 1) })
        counts.classNumber = try config.optionalInt("class_id")
        self.counts = counts
    }
}

extension ConstrainedScore {
    var config: JSONObject {
        [
            "class_id": search.counts.classNumber.json,
            "num_thresholds": .int(search.counts.thresholds.count),
            Self.limitKey: .double(search.limit),
        ]
    }

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try search.counts.statistics(truth, prediction, weights: weights, in: &graph)
    }

    func results(_ sums: [Double]) -> [Double] {
        // Compared in single precision, as Keras does: 0.9 there is not below 9/10.
        let feasible = search.counts.counts(sums)[0].filter {
            Float(Self.constrained($0)) >= Float(search.limit)
        }
        return [feasible.map(Self.score).max() ?? 0]
    }
}

/// The best recall of the true at a given recall of the false.
struct SensitivityAtSpecificity: ConstrainedScore {
    static let className = "SensitivityAtSpecificity"
    static let limitKey = "specificity"
    static let constrained: @Sendable (ConfusionCounts.Counts) -> Double = { $0.specificity }
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.recall }
    let search: ScoreSearch

    init(config: LayerConfig) throws { search = try ScoreSearch(config, Self.limitKey) }
}

/// The best recall of the false at a given recall of the true.
struct SpecificityAtSensitivity: ConstrainedScore {
    static let className = "SpecificityAtSensitivity"
    static let limitKey = "sensitivity"
    static let constrained: @Sendable (ConfusionCounts.Counts) -> Double = { $0.recall }
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.specificity }
    let search: ScoreSearch

    init(config: LayerConfig) throws { search = try ScoreSearch(config, Self.limitKey) }
}

/// The best precision at a given recall.
struct PrecisionAtRecall: ConstrainedScore {
    static let className = "PrecisionAtRecall"
    static let limitKey = "recall"
    static let constrained: @Sendable (ConfusionCounts.Counts) -> Double = { $0.recall }
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.precision }
    let search: ScoreSearch

    init(config: LayerConfig) throws { search = try ScoreSearch(config, Self.limitKey) }
}

/// The best recall at a given precision.
struct RecallAtPrecision: ConstrainedScore {
    static let className = "RecallAtPrecision"
    static let limitKey = "precision"
    static let constrained: @Sendable (ConfusionCounts.Counts) -> Double = { $0.precision }
    static let score: @Sendable (ConfusionCounts.Counts) -> Double = { $0.recall }
    let search: ScoreSearch

    init(config: LayerConfig) throws { search = try ScoreSearch(config, Self.limitKey) }
}
