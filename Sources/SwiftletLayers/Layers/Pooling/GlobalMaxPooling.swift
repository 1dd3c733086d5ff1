public import SwiftletFiles
public import SwiftletGraph

/// The largest value over all spatial axes, channel by channel: `[batch, spatial…, channels]` →
/// `[batch, channels]`. Keras's `GlobalMaxPooling1D`, `GlobalMaxPooling2D`, `GlobalMaxPooling3D`.
public struct GlobalMaxPooling<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "GlobalMaxPooling\(Rank.count)D" }
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

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try pooling.lower(x, .max, rank: Rank.count, in: &lowering)
    }
}

public typealias GlobalMaxPooling1D = GlobalMaxPooling<OneAxis>
public typealias GlobalMaxPooling2D = GlobalMaxPooling<TwoAxes>
public typealias GlobalMaxPooling3D = GlobalMaxPooling<ThreeAxes>
