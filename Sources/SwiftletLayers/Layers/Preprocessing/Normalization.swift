public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// `(x − mean) / √variance` with statistics of the training data, given or adapted.
public struct Normalization: UnaryLayer {
    public static let className = "Normalization"
    public var options: LayerOptions
    /// Axes that have statistics of their own.
    public let axes: [Int]
    private let inverts: Bool
    /// Given in the configuration; nil if they are weights.
    private let given: (mean: NumberArray, variance: NumberArray)?

    /// A layer whose statistics are weights: `<name>/mean` and `<name>/variance`.
    public init(axes: [Int] = [-1], inverts: Bool = false, name: String? = nil) {
        options = LayerOptions(name: name)
        self.axes = axes
        self.inverts = inverts
        given = nil
    }

    public init(
        mean: [Float], variance: [Float], axes: [Int] = [-1], inverts: Bool = false,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.axes = axes
        self.inverts = inverts
        given = (NumberArray(mean), NumberArray(variance))
    }

    /// Whether the statistics are part of the configuration.
    var hasGivenStatistics: Bool { given != nil }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        // A null means one statistic for everything.
        axes =
            config.json["axis"].map(\.isNull) == true
            ? [] : try config.intList("axis", default: [-1])
        inverts = try config.bool("invert", default: false)
        given =
            config.value("mean") == nil
            ? nil : (try config.numberArray("mean"), try config.numberArray("variance"))
    }

    public var config: JSONObject {
        [
            "axis": .array(axes.map(JSON.int)), "invert": .bool(inverts),
            "mean": given?.mean.json ?? .null,
            "variance": given?.variance.json ?? .null,
        ]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        let kept = axes.compactMap { shape.normalizedAxis($0) }.sorted()
        guard kept.count == axes.count else {
            throw refusal("axes \(axes) are not in an input of shape \(shape)")
        }
        let extents = (0..<shape.rank).map { kept.contains($0) ? shape[$0] : 1 }
        let (mean, variance) = try statistics(kept.map { shape[$0] }, extents, in: &lowering)
        let x = try lowering.graph.cast(x, to: .float32)
        // Keras keeps the deviation above its epsilon.
        let deviation = try lowering.graph.maximum(
            lowering.graph.unary(.squareRoot, variance), lowering.graph.constant(1e-7))
        if inverts {
            return try lowering.graph.add(mean, lowering.graph.multiply(x, deviation))
        }
        return try lowering.graph.divide(lowering.graph.subtract(x, mean), deviation)
    }

    /// Mean and variance, shaped to go with the input.
    private func statistics(
        _ kept: [Int], _ extents: [Int], in lowering: inout Lowering
    ) throws -> (Value, Value) {
        guard let given else {
            let mean = try lowering.weight("mean", kept, isTrainable: false)
            let variance = try lowering.weight(
                "variance", kept, initializer: .ones, isTrainable: false)
            _ = try lowering.weight("count", [], isTrainable: false, dtype: .int64)
            return (
                try lowering.graph.reshape(mean, to: extents),
                try lowering.graph.reshape(variance, to: extents)
            )
        }
        func value(_ numbers: NumberArray) throws -> Value {
            // A list with a number for every kept element goes by their order.
            if numbers.shape.count < 2, numbers.values.count == kept.reduce(1, *) {
                return try lowering.graph.constant(
                    Tensor(numbers.values, shape: Shape(extents)))
            }
            let constant = try numbers.constant(in: &lowering.graph)
            let shape = try Shape(extents)
            guard lowering.graph.shape(of: constant).broadcast(with: shape) == shape else {
                throw refusal("statistics of shape \(numbers.shape) do not fit axes of \(kept)")
            }
            return constant
        }
        return (try value(given.mean), try value(given.variance))
    }
}
