public import SwiftletFiles
public import SwiftletGraph

/// The largest value in windows over a volume, channel by channel: `[batch, depth, height, width, channels]`.
public struct MaxPooling3D: UnaryLayer {
    public static let className = "MaxPooling3D"
    public var options: LayerOptions
    private let pooling: PoolingOptions
    private static let rank = 3

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
        pooling = try PoolingOptions(config: config, rank: Self.rank)
    }

    public var config: JSONObject { pooling.config(rank: Self.rank) }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try pooling.lower(x, .max, rank: Self.rank, in: &lowering)
    }
}
