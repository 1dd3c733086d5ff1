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

    private let aggregation: Aggregation

    init(config: LayerConfig) throws {
        aggregation = try config.choice("class_aggregation", default: .uniform)
        guard try config.int("num_regressors", default: 0) == 0 else {
            throw ModelError.config(key: "num_regressors", cause: "is not possible")
        }
    }

    var config: JSONObject {
        ["class_aggregation": .string(aggregation.rawValue), "num_regressors": 0]
    }

    /// `[Σ y, Σ y², Σ (y − p)², Σ weight]` of every column.
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
        ]
        return try graph.concatenate(parts.map { try graph.sum($0, axes: [0]) }, axis: 0)
    }

    func result(_ sums: [Double]) -> Double {
        let columns = sums.count / 4
        let scores = (0..<columns).map { column -> (score: Double, variance: Double) in
            let sum = sums[column]
            let variance = sums[columns + column] - ratio(sum * sum, sums[3 * columns + column])
            let score = 1 - sums[2 * columns + column] / variance
            return (score.isInfinite ? 0 : score, variance)
        }
        switch aggregation {
        case .uniform: return scores.reduce(0) { $0 + $1.score } / Double(max(columns, 1))
        case .byVariance:
            return ratio(
                scores.reduce(0) { $0 + $1.score * $1.variance },
                scores.reduce(0) { $0 + $1.variance })
        }
    }
}
