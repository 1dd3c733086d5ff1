internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// For a class, the samples that truth and prediction both call it over those that either does; the
/// mean over some classes. One type for Keras's five metrics, which differ in their options.
struct IntersectionOverUnion: Sendable {
    let classCount: Int
    /// The classes over which the mean is taken; nil for all.
    let targets: [Int]?
    let ignoredClass: Int?
    /// Whether truth and prediction are class numbers rather than scores of the classes.
    let isTruthSparse: Bool
    let isPredictionSparse: Bool
    let axis: Int
    /// Predictions of at least this are class 1, others 0; nil for class numbers or scores.
    let threshold: Double?
    /// Keras counts in whole numbers unless told otherwise: weights lose their fractions.
    let countsWhole: Bool

    init(
        _ config: LayerConfig, takesTargets: Bool, isOneHot: Bool, isBinary: Bool = false
    ) throws {
        classCount = isBinary ? 2 : try config.positiveInt("num_classes")
        guard classCount <= 10_000 else {
            throw ModelError.config(key: "num_classes", cause: "\(classCount) are too many")
        }
        targets = takesTargets ? try config.intList("target_class_ids", default: [0, 1]) : nil
        let (all, given) = (0..<classCount, targets ?? [])
        guard given.allSatisfy(all.contains), isBinary || !takesTargets || !given.isEmpty else {
            throw ModelError.config(
                key: "target_class_ids", cause: "\(given): classes from 0 to \(classCount - 1)")
        }
        ignoredClass = try config.optionalInt("ignore_class")
        isTruthSparse = isOneHot ? false : try config.bool("sparse_y_true", default: true)
        isPredictionSparse = try config.bool("sparse_y_pred", default: !isOneHot)
        axis = try config.int("axis", default: -1)
        threshold = isBinary ? try config.double("threshold", default: 0.5) : nil
        countsWhole = config.value("dtype")?.string?.hasPrefix("float") != true
    }

    /// The confusion matrix, truth by prediction, as one vector.
    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        let y = try classes(truth, isTruthSparse, in: &graph)
        var p: Value
        if let threshold {
            p = try graph.indicator(
                graph.compare(.greaterOrEqual, prediction, graph.constant(Float(threshold))))
            p = try graph.reshape(p, to: [graph.shape(of: p).elementCount])
        } else {
            p = try classes(prediction, isPredictionSparse, in: &graph)
        }
        try graph.expectSameShape(y, p)
        let count = graph.shape(of: y).elementCount
        var weight = try graph.ones(like: y)
        if let weights {
            let total = graph.shape(of: weights).elementCount
            guard total == count || total == 1 else {
                throw TrainingError.loss("\(total) weights do not fit \(count) classes")
            }
            let given = countsWhole ? try graph.truncated(weights) : weights
            weight = try graph.multiply(weight, graph.reshape(given, to: [total]))
        }
        if let ignoredClass {
            let counts = try graph.compare(.notEqual, y, graph.constant(Float(ignoredClass)))
            weight = try graph.multiply(weight, graph.indicator(counts))
        }
        let rows = try graph.multiply(
            oneHot(y, count, in: &graph), graph.reshape(weight, to: [count, 1]))
        let matrix = try graph.matmul(rows, oneHot(p, count, in: &graph), transposesA: true)
        return try graph.reshape(matrix, to: [classCount * classCount])
    }

    /// One class number per sample; numbers are cut to whole ones.
    private func classes(
        _ x: Value, _ isSparse: Bool, in graph: inout Graph
    ) throws -> Value {
        var numbers = x
        if isSparse {
            if countsWhole { numbers = try graph.truncated(x) }
        } else {
            guard graph.shape(of: x).normalizedAxis(axis) != nil else {
                throw TrainingError.loss("axis \(axis) is not one of \(graph.shape(of: x))")
            }
            numbers = try graph.cast(graph.argmax(x, axis: axis), to: .float32)
        }
        return try graph.reshape(numbers, to: [graph.shape(of: numbers).elementCount])
    }

    /// Rows of 1 for the class; none for what is no class.
    private func oneHot(_ x: Value, _ count: Int, in graph: inout Graph) throws -> Value {
        let column = try graph.reshape(x, to: [count, 1])
        let zero = try graph.constant(0)
        // A number between two classes falls to the lower one, but below 0 there is none.
        let number = try graph.select(
            graph.compare(.less, column, zero), graph.constant(-1), graph.unary(.floor, column))
        let all = try graph.constant(Tensor((0..<classCount).map { Float($0) }))
        return try graph.indicator(graph.compare(.equal, number, all))
    }

    func result(_ sums: [Double]) -> Double {
        let n = classCount
        var (total, present) = (0.0, 0.0)
        for label in targets ?? Array(0..<n) {
            let hits = sums[label * n + label]
            let all = (0..<n).reduce(0) { $0 + sums[label * n + $1] + sums[$1 * n + label] } - hits
            guard all > 1e-9 else { continue }
            total += hits / (all + 1e-7)
            present += 1
        }
        return total / present
    }

    var config: JSONObject {
        var config: JSONObject = [:]
        if threshold == nil { config["num_classes"] = .int(classCount) }
        if let targets { config["target_class_ids"] = .array(targets.map(JSON.int)) }
        if let threshold {
            config["threshold"] = .double(threshold)
        } else {
            config["ignore_class"] = ignoredClass.json
            config["sparse_y_true"] = .bool(isTruthSparse)
            config["sparse_y_pred"] = .bool(isPredictionSparse)
            config["axis"] = .int(axis)
        }
        return config
    }
}

extension Graph {
    /// Without fractions, towards 0.
    mutating func truncated(_ x: Value) throws -> Value {
        try select(
            compare(.less, x, constant(0)), unary(.ceil, x), unary(.floor, x))
    }
}

/// A metric that is ``IntersectionOverUnion`` with options of its own.
protocol OverlapMetricFunction: MetricFunction {
    var overlap: IntersectionOverUnion { get }
}

extension OverlapMetricFunction {
    var config: JSONObject { overlap.config }

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try overlap.statistics(truth, prediction, weights: weights, in: &graph)
    }

    func results(_ sums: [Double]) -> [Double] { [overlap.result(sums)] }
}

/// The mean over some classes, of class numbers.
struct IoU: OverlapMetricFunction {
    static let className = "IoU"
    let overlap: IntersectionOverUnion

    init(config: LayerConfig) throws {
        overlap = try IntersectionOverUnion(config, takesTargets: true, isOneHot: false)
    }
}

/// Of two classes, told apart by a threshold.
struct BinaryIoU: OverlapMetricFunction {
    static let className = "BinaryIoU"
    let overlap: IntersectionOverUnion

    init(config: LayerConfig) throws {
        overlap = try IntersectionOverUnion(
            config, takesTargets: true, isOneHot: false, isBinary: true)
    }
}

/// The mean over all classes, of class numbers.
struct MeanIoU: OverlapMetricFunction {
    static let className = "MeanIoU"
    let overlap: IntersectionOverUnion

    init(config: LayerConfig) throws {
        overlap = try IntersectionOverUnion(config, takesTargets: false, isOneHot: false)
    }
}

/// The mean over some classes, of scores of the classes.
struct OneHotIoU: OverlapMetricFunction {
    static let className = "OneHotIoU"
    let overlap: IntersectionOverUnion

    init(config: LayerConfig) throws {
        overlap = try IntersectionOverUnion(config, takesTargets: true, isOneHot: true)
    }
}

/// The mean over all classes, of scores of the classes.
struct OneHotMeanIoU: OverlapMetricFunction {
    static let className = "OneHotMeanIoU"
    let overlap: IntersectionOverUnion

    init(config: LayerConfig) throws {
        overlap = try IntersectionOverUnion(config, takesTargets: false, isOneHot: true)
    }
}
