internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Keras's `"accuracy"`: binary, sparse or categorical, as the shapes suggest.
struct AutomaticAccuracy: MeanMetricFunction {
    static let className = "accuracy"
    static let aliases = ["acc", "Accuracy"]

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        let shapes = (graph.shape(of: truth), graph.shape(of: prediction))
        switch TargetKind(truth: shapes.0, prediction: shapes.1) {
        case .binary:
            return try BinaryAccuracy(threshold: 0.5).values(truth, prediction, in: &graph)
        case .classNumbers:
            return try SparseCategoricalAccuracy().values(truth, prediction, in: &graph)
        case .oneHot: return try CategoricalAccuracy().values(truth, prediction, in: &graph)
        }
    }
}

/// The share of numbers that are the same in truth and prediction: Keras's `Accuracy` where it is an
/// object and not a name.
struct EqualityAccuracy: MeanMetricFunction {
    static let className = "Accuracy"

    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        return try graph.indicator(graph.compare(.equal, truth, prediction))
    }
}

/// The share of numbers that lie on the true side of a threshold.
struct BinaryAccuracy: MeanMetricFunction {
    static let className = "BinaryAccuracy"
    let threshold: Double

    init(threshold: Double) { self.threshold = threshold }

    init(config: LayerConfig) throws { threshold = try config.double("threshold", default: 0.5) }

    var config: JSONObject { ["threshold": .double(threshold)] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        let limit = try graph.constant(Float(threshold))
        let answer = try graph.indicator(graph.compare(.greater, prediction, limit))
        return try graph.meanOfLast(
            graph.indicator(graph.compare(.equal, truth, answer)))
    }
}

/// The share of samples whose largest prediction stands where the largest target does.
struct CategoricalAccuracy: MeanMetricFunction {
    static let className = "CategoricalAccuracy"

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        return try graph.indicator(
            graph.compare(
                .equal, graph.indexOfLargest(truth), graph.indexOfLargest(prediction)))
    }
}

/// The share of samples whose largest prediction is that of the class number.
struct SparseCategoricalAccuracy: MeanMetricFunction {
    static let className = "SparseCategoricalAccuracy"
    var takesClassNumbers: Bool { true }

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        let answer = try graph.indexOfLargest(prediction)
        let numbers = try graph.classNumbers(truth, for: prediction)
        return try graph.indicator(graph.compare(.equal, numbers, answer))
    }
}

/// The share of samples whose class is among the `k` largest predictions.
struct TopKCategoricalAccuracy: MeanMetricFunction {
    static let className = "TopKCategoricalAccuracy"
    let k: Int

    init(config: LayerConfig) throws { k = try config.positiveInt("k", default: 5) }

    var config: JSONObject { ["k": .int(k)] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.expectSameShape(truth, prediction)
        return try graph.isAmongLargest(k, graph.indexOfLargest(truth), prediction)
    }
}

/// ``TopKCategoricalAccuracy`` for class numbers.
struct SparseTopKCategoricalAccuracy: MeanMetricFunction {
    static let className = "SparseTopKCategoricalAccuracy"
    let k: Int
    var takesClassNumbers: Bool { true }

    init(config: LayerConfig) throws { k = try config.positiveInt("k", default: 5) }

    var config: JSONObject { ["k": .int(k), "from_sorted_ids": false] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.isAmongLargest(k, graph.classNumbers(truth, for: prediction), prediction)
    }
}

extension Graph {
    /// Class numbers in the shape of the prediction without its last axis.
    mutating func classNumbers(_ truth: Value, for prediction: Value) throws -> Value {
        let positions = Array(shape(of: prediction).dimensions.dropLast())
        let given = shape(of: truth).dimensions
        guard given == positions || given == positions + [1] else {
            throw TrainingError.loss(
                "class numbers of shape \(given) do not fit predictions of shape "
                    + "\(shape(of: prediction))")
        }
        return try reshape(truth, to: positions)
    }

    /// 1 where fewer than `k` predictions are larger than that of the class.
    mutating func isAmongLargest(_ k: Int, _ numbers: Value, _ prediction: Value) throws -> Value {
        let shape = shape(of: prediction)
        let column = try reshape(numbers, to: shape.dimensions.dropLast() + [1])
        let all = try constant(Tensor((0..<(shape.last ?? 1)).map { Float($0) }))
        let isClass = try compare(.equal, column, all)
        let own = try sum(
            select(isClass, prediction, constant(0)), axes: [-1], keepsDimensions: true)
        let larger = try sum(indicator(compare(.greater, prediction, own)), axes: [-1])
        return try indicator(compare(.less, larger, constant(Float(k))))
    }
}
