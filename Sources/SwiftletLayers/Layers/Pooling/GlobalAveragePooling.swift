public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// The mean over all spatial axes, channel by channel: `[batch, spatial…, channels]` →
/// `[batch, channels]`. Keras's `GlobalAveragePooling1D`, `GlobalAveragePooling2D` and
/// `GlobalAveragePooling3D`.
public struct GlobalAveragePooling<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "GlobalAveragePooling\(Rank.count)D" }
    public var options: LayerOptions
    private let pooling: GlobalPoolingOptions

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

    /// Masked steps do not count, where there is one spatial axis.
    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard Rank.count == 1, let mask = lowering.mask(of: x) else {
            return try pooling.lower(x, .average, rank: Rank.count, in: &lowering)
        }
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

public typealias GlobalAveragePooling1D = GlobalAveragePooling<OneAxis>
public typealias GlobalAveragePooling2D = GlobalAveragePooling<TwoAxes>
public typealias GlobalAveragePooling3D = GlobalAveragePooling<ThreeAxes>
