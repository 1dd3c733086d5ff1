internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Weighted counts of right and wrong answers at thresholds.
struct ConfusionCounts: Sendable {
    let thresholds: [Double]
    /// The class that is judged; nil for all numbers alike.
    let classNumber: Int?

    /// Adds `[true positives, false positives, true negatives, false negatives]` at every
    /// threshold to `graph`, as one vector.
    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        var (truth, prediction) = (truth, prediction)
        if let classNumber {
            truth = try graph.column(classNumber, of: truth)
            prediction = try graph.column(classNumber, of: prediction)
        }
        var weight = try graph.ones(like: prediction)
        if let weights {
            let (ones, share) = try graph.alignWeights(weight, weights)
            weight = try graph.multiply(ones, share)
        }
        let count = graph.shape(of: prediction).elementCount
        let (p, y, w) = (
            try graph.reshape(prediction, to: [count, 1]),
            try graph.reshape(truth, to: [count, 1]),
            try graph.reshape(weight, to: [count, 1])
        )
        let limits = try graph.constant(Tensor(thresholds.map { Float($0) }))
        let says = try graph.compare(.greater, p, limits)
        let `is` = try graph.compare(.notEqual, y, graph.constant(0))
        let positive = try graph.multiply(w, graph.indicator(`is`))
        let negative = try graph.subtract(w, positive)
        let zero = try graph.constant(0)
        let parts = try [
            graph.select(says, positive, zero), graph.select(says, negative, zero),
            graph.select(says, zero, negative), graph.select(says, zero, positive),
        ]
        return try graph.concatenate(parts.map { try graph.sum($0, axes: [0]) }, axis: 0)
    }

    /// The counts at each threshold.
    func counts(_ sums: [Double]) -> [Counts] {
        let n = thresholds.count
        return (0..<n).map {
            Counts(
                truePositives: sums[$0], falsePositives: sums[n + $0],
                trueNegatives: sums[2 * n + $0], falseNegatives: sums[3 * n + $0])
        }
    }

    struct Counts {
        let truePositives, falsePositives, trueNegatives, falseNegatives: Double
    }
}

extension ConfusionCounts {
    /// One threshold, ½ by default, and perhaps one class.
    init(config: LayerConfig) throws {
        if let list = config.value("thresholds")?.array {
            guard list.count == 1, let threshold = list[0].double else {
                throw ModelError.config(key: "thresholds", cause: "only one threshold is possible")
            }
            thresholds = [threshold]
        } else {
            thresholds = [try config.double("thresholds", default: 0.5)]
        }
        guard config.value("top_k").map(\.isNull) ?? true else {
            throw ModelError.config(key: "top_k", cause: "is not possible")
        }
        classNumber = try config.optionalInt("class_id")
    }

    var config: JSONObject {
        [
            "thresholds": .array(thresholds.map(JSON.double)), "class_id": classNumber.json,
            "top_k": nil,
        ]
    }
}

extension Graph {
    /// One class of the last axis, which stays with one element.
    mutating func column(_ number: Int, of x: Value) throws -> Value {
        let shape = shape(of: x)
        guard let last = shape.last, (0..<last).contains(number) else {
            throw TrainingError.loss("class \(number) is not one of \(shape)")
        }
        var starts = [Int](repeating: 0, count: shape.rank)
        var limits = shape.dimensions
        (starts[shape.rank - 1], limits[shape.rank - 1]) = (number, number + 1)
        return try slice(x, starts: starts, limits: limits)
    }
}

/// `a / b`, and 0 where `b` is 0.
func ratio(_ a: Double, _ b: Double) -> Double { b == 0 ? 0 : a / b }
