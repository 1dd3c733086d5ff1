internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Weighted counts of right and wrong answers at thresholds, of all numbers alike or label by label.
struct ConfusionCounts: Sendable {
    let thresholds: [Double]
    /// The class that is judged; nil for all numbers alike.
    var classNumber: Int?
    /// Only so many of the largest predictions of a row say yes; nil for all.
    var mostAnswers: Int?
    /// Whether the labels of the last axis are counted apart.
    var isByLabel = false
    /// Weights of the labels of the last axis.
    var labelWeights: [Double]?
    /// Whether thresholds are spread evenly over 0…1. Keras then sorts predictions, clipped to that
    /// range, into bins.
    private let isEven: Bool

    init(thresholds: [Double]) {
        self.thresholds = thresholds
        let last = Double(thresholds.count - 1)
        isEven =
            thresholds.count > 2
            && thresholds.enumerated().allSatisfy { index, threshold in
                let even = Double(Float(index) / Float(last))
                return abs(threshold - even) <= 1e-7 + 1e-5 * even
            }
    }

    /// Adds `[true positives, false positives, true negatives, false negatives]` at every
    /// threshold (and for every label) to `graph`, as one vector.
    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        var (truth, prediction) = (truth, prediction)
        if let mostAnswers { prediction = try graph.keepingLargest(mostAnswers, of: prediction) }
        if let classNumber {
            truth = try graph.column(classNumber, of: truth)
            prediction = try graph.column(classNumber, of: prediction)
        }
        let weight = try weight(like: prediction, weights, in: &graph)
        let shape = graph.shape(of: prediction)
        let labels = isByLabel ? shape.last ?? 1 : 1
        let count = shape.elementCount / max(labels, 1)
        let (p, y, w) = (
            try graph.reshape(prediction, to: [count, 1, labels]),
            try graph.reshape(truth, to: [count, 1, labels]),
            try graph.reshape(weight, to: [count, 1, labels])
        )
        let says = try says(p, in: &graph)
        let `is` = try graph.compare(.notEqual, y, graph.constant(0))
        let positive = try graph.multiply(w, graph.indicator(`is`))
        let negative = try graph.subtract(w, positive)
        let zero = try graph.constant(0)
        let parts = try [
            graph.select(says, positive, zero), graph.select(says, negative, zero),
            graph.select(says, zero, negative), graph.select(says, zero, positive),
        ]
        return try graph.concatenate(
            parts.map {
                try graph.reshape(graph.sum($0, axes: [0]), to: [thresholds.count * labels])
            }, axis: 0)
    }

    /// Whether predictions `[count, 1, labels]` lie above each threshold.
    private func says(_ p: Value, in graph: inout Graph) throws -> Value {
        let count = thresholds.count
        guard isEven else {
            let limits = try graph.constant(
                Tensor(thresholds.map { Float($0) }, shape: [count, 1]))
            return try graph.compare(.greater, p, limits)
        }
        let clipped = try graph.unary(.clip(lowest: 0, highest: 1), p)
        var bin = try graph.subtract(
            graph.unary(.ceil, graph.scale(clipped, by: Float(count - 1))), graph.constant(1))
        // Below the first threshold lies nothing where that one is below 0.
        if thresholds[0] < 0 { bin = try graph.maximum(bin, graph.constant(0)) }
        let numbers = try graph.constant(
            Tensor((0..<count).map { Float($0) }, shape: [count, 1]))
        return try graph.compare(.greaterOrEqual, bin, numbers)
    }

    private func weight(
        like prediction: Value, _ weights: Value?, in graph: inout Graph
    ) throws -> Value {
        var weight = try graph.ones(like: prediction)
        if let weights {
            let (ones, share) = try graph.alignWeights(weight, weights)
            weight = try graph.multiply(ones, share)
        }
        if let labelWeights, !isByLabel {
            guard graph.shape(of: prediction).last == labelWeights.count else {
                throw TrainingError.loss(
                    "\(labelWeights.count) label weights do not fit \(graph.shape(of: prediction))")
            }
            weight = try graph.multiply(
                weight, graph.constant(Tensor(labelWeights.map { Float($0) })))
        }
        return weight
    }

    /// The counts at each threshold, label by label.
    func counts(_ sums: [Double]) -> [[Counts]] {
        let thresholds = thresholds.count
        let labels = sums.count / (4 * thresholds)
        return (0..<labels).map { label in
            (0..<thresholds).map { threshold in
                func sum(_ kind: Int) -> Double {
                    sums[(kind * thresholds + threshold) * labels + label]
                }
                return Counts(
                    truePositives: sum(0), falsePositives: sum(1), trueNegatives: sum(2),
                    falseNegatives: sum(3))
            }
        }
    }

    struct Counts {
        let truePositives, falsePositives, trueNegatives, falseNegatives: Double

        var precision: Double { ratio(truePositives, truePositives + falsePositives) }
        var recall: Double { ratio(truePositives, truePositives + falseNegatives) }
        var specificity: Double { ratio(trueNegatives, trueNegatives + falsePositives) }
        var fallOut: Double { ratio(falsePositives, falsePositives + trueNegatives) }
    }
}

extension ConfusionCounts {
    /// Thresholds, ½ by default, perhaps one class, and perhaps the largest predictions alone.
    init(config: LayerConfig) throws {
        let largest = config.value("top_k") == nil ? nil : try config.positiveInt("top_k")
        let given: [Double]
        if let list = config.value("thresholds")?.array {
            given = list.compactMap(\.double)
            guard !given.isEmpty, given.count == list.count, given.count <= 100_000 else {
                throw ModelError.config(key: "thresholds", cause: "a list of numbers expected")
            }
        } else {
            given = [try config.double("thresholds", default: largest == nil ? 0.5 : -1e10)]
        }
        guard given.allSatisfy({ (0...1).contains($0) || $0 == -1e10 }) else {
            throw ModelError.config(key: "thresholds", cause: "\(given): each lies between 0 and 1")
        }
        self.init(thresholds: given)
        mostAnswers = largest
        classNumber = try config.optionalInt("class_id")
    }

    var config: JSONObject {
        [
            "thresholds": thresholds == [-1e10] ? .null : .array(thresholds.map(JSON.double)),
            "class_id": classNumber.json, "top_k": mostAnswers.json,
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
        return try slice(x, axis: -1, number..<number + 1)
    }

    /// The `count` largest numbers of each row, and −1e10 in place of all others.
    mutating func keepingLargest(_ count: Int, of x: Value) throws -> Value {
        let shape = shape(of: x)
        guard let width = shape.last, count <= width else {
            throw TrainingError.loss("the \(count) largest of \(shape) cannot be taken")
        }
        let places = try topK(x, count).indices
        let chosen = try sum(
            oneHot(places, depth: width), axes: [shape.rank - 1])
        return try select(compare(.greater, chosen, constant(0)), x, constant(-1e10))
    }
}

/// `a / b`, and 0 where `b` is 0.
func ratio(_ a: Double, _ b: Double) -> Double { b == 0 ? 0 : a / b }
