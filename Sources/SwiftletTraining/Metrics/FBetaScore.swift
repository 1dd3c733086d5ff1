internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// The weighted harmonic mean of precision and recall over classes, in one of three averages.
struct FBetaScore: MetricFunction {
    static let className = "FBetaScore"

    enum Average: String, CaseIterable, Sendable { case micro, macro, weighted }

    /// Nil for one score per class.
    private let average: Average?
    private let beta: Double
    /// Predictions above it say yes; nil where the largest of a row does.
    private let threshold: Double?

    init(config: LayerConfig) throws {
        average = config.value("average") == nil ? nil : try config.choice("average")
        beta = try config.number("beta", default: 1, in: .leastNonzeroMagnitude...1e6)
        threshold = try config.optionalPositive("threshold")
    }

    var config: JSONObject {
        [
            "average": average.map { .string($0.rawValue) } ?? .null, "beta": .double(beta),
            "threshold": threshold.json,
        ]
    }

    /// `[true positives, false positives, false negatives]` of every class.
    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        guard graph.shape(of: truth).rank == 2 else {
            throw TrainingError.loss(
                "an F-score needs one row of classes per sample, \(graph.shape(of: truth)) found")
        }
        let says = try graph.indicator(answers(prediction, in: &graph))
        let one = try graph.constant(1)
        var counts = [
            try graph.multiply(says, truth),
            try graph.multiply(says, graph.subtract(one, truth)),
            try graph.multiply(graph.subtract(one, says), truth),
        ]
        if let weights {
            counts = try counts.map {
                let (values, share) = try graph.alignWeights($0, weights)
                return try graph.multiply(values, share)
            }
        }
        return try graph.concatenate(counts.map { try graph.sum($0, axes: [0]) }, axis: 0)
    }

    private func answers(_ prediction: Value, in graph: inout Graph) throws -> Value {
        if let threshold {
            return try graph.compare(.greater, prediction, graph.constant(Float(threshold)))
        }
        let largest = try graph.max(prediction, axes: [-1], keepsDimensions: true)
        // A row of zeros says nothing.
        let isThere = try graph.compare(
            .greater, graph.unary(.abs, prediction), graph.constant(1e-9))
        return try graph.logicalAnd(
            graph.compare(.greaterOrEqual, prediction, largest), isThere)
    }

    func results(_ sums: [Double]) -> [Double] {
        let classes = sums.count / 3
        let counts = (0..<classes).map { (sums[$0], sums[classes + $0], sums[2 * classes + $0]) }
        switch average {
        case nil: return counts.map(score)
        case .micro:
            return [
                score(counts.reduce((0, 0, 0)) { ($0.0 + $1.0, $0.1 + $1.1, $0.2 + $1.2) })
            ]
        case .macro: return [counts.map(score).reduce(0, +) / Double(max(classes, 1))]
        case .weighted:
            let total = counts.reduce(0) { $0 + $1.0 + $1.2 } + epsilon
            return [counts.reduce(0) { $0 + score($1) * ($1.0 + $1.2) / total }]
        }
    }

    private let epsilon = 1e-7

    private func score(_ count: (hits: Double, wrong: Double, missed: Double)) -> Double {
        let precision = count.hits / (count.hits + count.wrong + epsilon)
        let recall = count.hits / (count.hits + count.missed + epsilon)
        let squared = beta * beta
        return precision * recall / (squared * precision + recall + epsilon) * (1 + squared)
    }
}

/// ``FBetaScore`` with precision and recall weighed alike.
struct F1Score: MetricFunction {
    static let className = "F1Score"
    private let score: FBetaScore

    init(config: LayerConfig) throws { score = try FBetaScore(config: config) }

    var config: JSONObject {
        var config = score.config
        config["beta"] = nil as JSON?
        return config
    }

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try score.statistics(truth, prediction, weights: weights, in: &graph)
    }

    func results(_ sums: [Double]) -> [Double] { score.results(sums) }
}
