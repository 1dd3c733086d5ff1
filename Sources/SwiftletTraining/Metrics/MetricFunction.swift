internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// What a metric counts in a batch, and what it makes of the sums over all batches.
///
/// To add one, write the file and a row in ``Metric``'s registry.
protocol MetricFunction: Sendable {
    /// The Keras class name, e.g. `BinaryAccuracy`.
    static var className: String { get }
    static var aliases: [String] { get }

    init(config: LayerConfig) throws

    /// The options as Keras's `get_config()` gives them, without `name` and `dtype`.
    var config: JSONObject { get }

    /// Numbers `[n]` of a batch that add up over batches.
    ///
    /// - Parameters:
    ///   - truth: float32, of the prediction's rank where ranks can be made to agree.
    ///   - weights: float32, one per sample or per position; nil if all count alike.
    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value

    /// The metric from the sums of its statistics: one number, or several, such as one per class.
    func results(_ sums: [Double]) -> [Double]

    /// Whether targets are class numbers, which must lie below the prediction's last extent.
    var takesClassNumbers: Bool { get }
}

extension MetricFunction {
    static var aliases: [String] { [] }
    var config: JSONObject { [:] }
    var takesClassNumbers: Bool { false }
}

/// A metric that is a weighted mean: its statistics are a sum and the sum of the weights.
protocol MeanMetricFunction: MetricFunction {
    /// One number per sample or position.
    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value

    /// The metric from the mean.
    func result(mean: Double) -> Double
}

extension MeanMetricFunction {
    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        try graph.weightedSums(values(truth, prediction, in: &graph), weights)
    }

    func result(mean: Double) -> Double { mean }

    func results(_ sums: [Double]) -> [Double] { [result(mean: ratio(sums[0], sums[1]))] }
}

extension Graph {
    /// `[Σ value · weight, Σ weight]`.
    ///
    /// Where there are fewer weights than values, a weight counts the mean of its values.
    mutating func weightedSums(_ values: Value, _ weights: Value?) throws -> Value {
        var values = values
        var weight: Value
        if let weights {
            (values, weight) = try alignRanks(values, weights)
            let (rank, given) = (shape(of: values).rank, shape(of: weight).rank)
            if rank > given, given > 0 { values = try mean(values, axes: Array(given..<rank)) }
            guard shape(of: values) == shape(of: weight) else {
                throw TrainingError.loss(
                    "sample weights of shape \(shape(of: weights)) do not fit a metric of shape "
                        + "\(shape(of: values))")
            }
            values = try multiply(values, weight)
        } else {
            weight = try ones(like: values)
        }
        return try concatenate([total(values), total(weight)], axis: 0)
    }

    /// The sum of all elements, `[1]`.
    mutating func total(_ x: Value) throws -> Value {
        try reshape(sum(x, axes: Array(0..<shape(of: x).rank)), to: [1])
    }

    /// The number of the largest element along the last axis, the first of several, as float32.
    mutating func indexOfLargest(_ x: Value) throws -> Value {
        let count = shape(of: x).last ?? 1
        let numbers = try constant(Tensor((0..<count).map { Float($0) }))
        let isLargest = try compare(.equal, x, max(x, axes: [-1], keepsDimensions: true))
        return try min(select(isLargest, numbers, constant(Float(count))), axes: [-1])
    }
}
