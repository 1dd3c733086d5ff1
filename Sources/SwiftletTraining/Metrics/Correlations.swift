internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// The correlation of truth and prediction along axes, and its mean over all else.
struct PearsonCorrelation: MeanMetricFunction {
    static let className = "PearsonCorrelation"
    private let axes: [Int]

    init(config: LayerConfig) throws { axes = try config.intList("axis", default: [-1]) }

    var config: JSONObject { ["axis": axes.axisJSON] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        let axes = try graph.lossAxes(axes, of: prediction)
        let parts = try [truth, prediction].map { x in
            let centered = try graph.centered(x, axes: axes)
            let deviation = try graph.squareRoot(
                graph.mean(graph.square(centered), axes: axes, keepsDimensions: true))
            return try graph.divide(centered, deviation)
        }
        return try graph.mean(graph.multiply(parts[0], parts[1]), axes: axes)
    }
}

/// Lin's concordance of truth and prediction along axes, and its mean over all else.
struct ConcordanceCorrelation: MeanMetricFunction {
    static let className = "ConcordanceCorrelation"
    private let axes: [Int]

    init(config: LayerConfig) throws { axes = try config.intList("axis", default: [-1]) }

    var config: JSONObject { ["axis": axes.axisJSON] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        let axes = try graph.lossAxes(axes, of: prediction)
        let means = try [truth, prediction].map {
            try graph.mean($0, axes: axes, keepsDimensions: true)
        }
        let variances = try [truth, prediction].map { x in
            let centered = try graph.centered(x, axes: axes)
            return try graph.mean(graph.square(centered), axes: axes, keepsDimensions: true)
        }
        // Keras takes the prediction's mean from both; the mean of the product is the same.
        let product = try graph.multiply(
            graph.subtract(truth, means[1]), graph.subtract(prediction, means[1]))
        let apart = try graph.square(graph.subtract(means[0], means[1]))
        let norm = try graph.add(graph.add(variances[0], variances[1]), apart)
        let share = try graph.divide(
            graph.scale(product, by: 2), graph.add(norm, graph.constant(lossEpsilon)))
        return try graph.mean(share, axes: axes)
    }
}

extension [Int] {
    /// An axis as a number, several as a list.
    fileprivate var axisJSON: JSON { count == 1 ? .int(self[0]) : .array(map(JSON.int)) }
}

extension Graph {
    fileprivate mutating func centered(_ x: Value, axes: [Int]) throws -> Value {
        try subtract(x, mean(x, axes: axes, keepsDimensions: true))
    }
}
