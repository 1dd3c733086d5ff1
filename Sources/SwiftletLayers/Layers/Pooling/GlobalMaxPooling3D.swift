public import SwiftletFiles
public import SwiftletGraph

/// The largest value over the whole of a volume, channel by channel: `[batch, depth, height, width, channels]` → `[batch, channels]`.
public struct GlobalMaxPooling3D: UnaryLayer {
    public static let className = "GlobalMaxPooling3D"
    public var options: LayerOptions
    private let pooling: GlobalPoolingOptions
    private static let rank = 3

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
        try pooling.lower(x, .max, rank: Self.rank, in: &lowering)
    }
}
