internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// The share of the targets' variance that predictions explain, averaged over the columns.
struct R2Score: MetricFunction {
    static let className = "R2Score"

    enum Aggregation: String, CaseIterable, Sendable {
        case uniform = "uniform_average"
        case byVariance = "variance_weighted_average"
    }

    /// Nil for one score per column.
    private let aggregation: Aggregation?
    /// What the number of predictors is, for which the score is adjusted; 0 for no adjustment.
    private let regressorCount: Int

    init(config: LayerConfig) throws {
        let isApart = config.json["class_aggregation"].map(\.isNull) == true
        aggregation = isApart ? nil : try config.choice("class_aggregation", default: .uniform)
        regressorCount = try config.int("num_regressors", default: 0)
        guard regressorCount >= 0 else {
            throw ModelError.config(key: "num_regressors", cause: "\(regressorCount) is below 0")
        }
    }

    var config: JSONObject {
        [
            "class_aggregation": aggregation.map { .string($0.rawValue) } ?? .null,
            "num_regressors": .int(regressorCount),
        ]
    }

    /// `[Σ y, Σ y², Σ (y − p)², Σ weight, count]` of every column.
    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        guard graph.shape(of: truth).rank == 2 else {
            throw TrainingError.loss(
                "R² needs one row of numbers per sample, \(graph.shape(of: truth)) found")
        }
        var weight = try graph.ones(like: truth)
        if let weights {
            let (ones, share) = try graph.alignWeights(weight, weights)
            weight = try graph.multiply(ones, share)
        }
        let parts = [
            try graph.multiply(truth, weight),
            try graph.multiply(graph.square(truth), weight),
            try graph.multiply(graph.square(graph.subtract(truth, prediction)), weight), weight,
            try graph.ones(like: truth),
        ]
        return try graph.concatenate(parts.map { try graph.sum($0, axes: [0]) }, axis: 0)
    }

    func results(_ sums: [Double]) -> [Double] {
        let columns = sums.count / 5
        let scores = (0..<columns).map { column -> (score: Double, variance: Double) in
            let sum = sums[column]
            let variance = sums[columns + column] - ratio(sum * sum, sums[3 * columns + column])
            let score = 1 - sums[2 * columns + column] / variance
            return (score.isInfinite ? 0 : score, variance)
        }
        let results: [Double] =
            switch aggregation {
            case nil: scores.map(\.score)
            case .uniform: [scores.reduce(0) { $0 + $1.score } / Double(max(columns, 1))]
            case .byVariance:
                [
                    ratio(
                        scores.reduce(0) { $0 + $1.score * $1.variance },
                        scores.reduce(0) { $0 + $1.variance })
                ]
            }
        return adjusted(results, count: sums.suffix(columns).reduce(0, +))
    }

    /// For the number of predictors; Keras counts every number of a row as a sample.
    private func adjusted(_ scores: [Double], count: Double) -> [Double] {
        let rest = count - Double(regressorCount) - 1
        guard regressorCount > 0, rest > 0 else { return scores }
        return scores.map { 1 - (1 - $0) * (count - 1) / rest }
    }
}
