public import SwiftletFiles
public import SwiftletGraph

/// Zeros before and after steps of `[batch, steps, channels]`.
public struct ZeroPadding1D: UnaryLayer {
    public static let className = "ZeroPadding1D"
    public var options: LayerOptions
    private let padding: EdgeAmounts
    private let format: DataFormat
    private static let rank = 1

    /// - Parameter padding: zeros at each end, along each axis.
    public init(
        _ padding: Extent = 1, format: DataFormat = .channelsLast, name: String? = nil
    ) throws {
        options = LayerOptions(name: name)
        self.padding = try EdgeAmounts(padding, rank: Self.rank, key: "padding")
        self.format = format
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        padding = try EdgeAmounts(config: config, "padding", rank: Self.rank, default: 1)
        format = try config.choice("data_format", default: .channelsLast)
    }

    public var config: JSONObject {
        ["padding": padding.json, "data_format": .string(format.rawValue)]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.channelsLast(x, format) { lowering, x in
            _ = try lowering.spatialShape(of: x, rank: Self.rank)
            return try lowering.graph.pad(
                x, before: [0] + padding.amounts.map(\.before) + [0],
                after: [0] + padding.amounts.map(\.after) + [0])
        }
    }
}
