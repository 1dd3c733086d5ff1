public import SwiftletFiles
public import SwiftletGraph

/// The largest value in windows over the spatial axes of `[batch, spatial…, channels]`, channel by channel.
/// Keras's `MaxPooling1D`, `MaxPooling2D` and `MaxPooling3D`.
public struct MaxPooling<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "MaxPooling\(Rank.count)D" }
    public var options: LayerOptions
    private let pooling: PoolingOptions

    /// - Parameter strides: the window's size if nil.
    public init(
        _ size: Extent = 2, strides: Extent? = nil, padding: Padding = .valid,
        format: DataFormat = .channelsLast, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        pooling = PoolingOptions(
            size: size, strides: strides ?? size, padding: padding, format: format)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        pooling = try PoolingOptions(config: config, rank: Rank.count)
    }

    public var config: JSONObject { pooling.config(rank: Rank.count) }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try pooling.lower(x, .max, rank: Rank.count, in: &lowering)
    }
}

public typealias MaxPooling1D = MaxPooling<OneAxis>
public typealias MaxPooling2D = MaxPooling<TwoAxes>
public typealias MaxPooling3D = MaxPooling<ThreeAxes>
