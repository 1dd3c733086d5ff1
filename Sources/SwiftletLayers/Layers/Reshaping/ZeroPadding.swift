public import SwiftletFiles
public import SwiftletGraph

/// Zeros before and after along each spatial axis of `[batch, spatial…, channels]`. Keras's
/// `ZeroPadding1D`, `ZeroPadding2D` and `ZeroPadding3D`.
public struct ZeroPadding<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "ZeroPadding\(Rank.count)D" }
    public var options: LayerOptions
    private let padding: EdgeAmounts
    private let format: DataFormat

    /// - Parameter padding: zeros at each end, along each axis.
    public init(
        _ padding: Extent = 1, format: DataFormat = .channelsLast, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.padding = EdgeAmounts(padding)
        self.format = format
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        padding = try EdgeAmounts(config: config, "padding", rank: Rank.count, default: 1)
        format = try config.choice("data_format", default: .channelsLast)
    }

    public var config: JSONObject {
        ["padding": padding.json(rank: Rank.count), "data_format": .string(format.rawValue)]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.channelsLast(x, format) { lowering, x in
            _ = try lowering.spatialShape(of: x, rank: Rank.count)
            let (before, after) = try padding.along(rank: Rank.count, "padding")
            return try lowering.graph.pad(
                x, before: [0] + before + [0], after: [0] + after + [0])
        }
    }
}

public typealias ZeroPadding1D = ZeroPadding<OneAxis>
public typealias ZeroPadding2D = ZeroPadding<TwoAxes>
public typealias ZeroPadding3D = ZeroPadding<ThreeAxes>
