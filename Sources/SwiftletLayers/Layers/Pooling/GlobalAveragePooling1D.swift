public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// The mean over the whole of a sequence, channel by channel: `[batch, steps, channels]` → `[batch, channels]`.
public struct GlobalAveragePooling1D: UnaryLayer {
    public static let className = "GlobalAveragePooling1D"
    public var options: LayerOptions
    private let pooling: GlobalPoolingOptions
    private static let rank = 1

    /// - Parameter keepsDimensions: whether the pooled axes stay, with extent 1.
    public init(
        keepsDimensions: Bool = false, format: DataFormat = .channelsLast, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        pooling = GlobalPoolingOptions(format: format, keepsDimensions: keepsDimensions)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        pooling = try GlobalPoolingOptions(config: config)
    }

    public var config: JSONObject { pooling.config }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard let mask = lowering.mask(of: x) else {
            return try pooling.lower(x, .average, rank: Self.rank, in: &lowering)
        }
        // The mean over the steps that count.
        let shape = lowering.graph.shape(of: x)
        let steps = pooling.format == .channelsLast ? 1 : 2
        guard shape.rank == 3 else { throw refusal("three axes expected, \(shape) found") }
        var weights = try lowering.graph.cast(mask, to: .float32)
        weights = try lowering.graph.reshape(
            weights, to: steps == 1 ? [shape[0], shape[1], 1] : [shape[0], 1, shape[2]])
        let kept = try lowering.graph.multiply(x, weights)
        let keeps = pooling.keepsDimensions
        let sum = try lowering.graph.sum(kept, axes: [steps], keepsDimensions: keeps)
        let count = try lowering.graph.sum(weights, axes: [steps], keepsDimensions: keeps)
        return try lowering.graph.divide(sum, count)
    }
}
