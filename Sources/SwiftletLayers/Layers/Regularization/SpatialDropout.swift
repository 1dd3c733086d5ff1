public import SwiftletFiles
public import SwiftletGraph

/// Drops whole channels while training: neighbouring values are too alike to drop one by one.
/// Keras's `SpatialDropout1D`, `SpatialDropout2D` and `SpatialDropout3D`.
public struct SpatialDropout<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "SpatialDropout\(Rank.count)D" }
    public var options: LayerOptions
    public let rate: Float
    private let format: DataFormat
    private let seed: Int?
    public var supportsMasking: Bool { true }

    /// - Parameter rate: the share of channels that is dropped, 0 to 1.
    public init(_ rate: Float, format: DataFormat = .channelsLast, name: String? = nil) {
        options = LayerOptions(name: name)
        self.rate = rate
        self.format = format
        seed = nil
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        rate = try config.rate("rate")
        format = try config.choice("data_format", default: .channelsLast)
        seed = try config.optionalInt("seed")
    }

    public var config: JSONObject {
        var config: JSONObject = ["rate": .number(rate), "seed": seed.map(JSON.int) ?? .null]
        // Keras's one-dimensional layer knows only one format.
        if Rank.count > 1 { config["data_format"] = .string(format.rawValue) }
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = try lowering.spatialShape(of: x, rank: Rank.count)
        let channels = format == .channelsLast ? shape.count - 1 : 1
        let extents = shape.indices.map { $0 == 0 || $0 == channels ? shape[$0] : 1 }
        return try lowering.dropout(x, rate: rate, extents: extents, seed: seed)
    }
}

public typealias SpatialDropout1D = SpatialDropout<OneAxis>
public typealias SpatialDropout2D = SpatialDropout<TwoAxes>
public typealias SpatialDropout3D = SpatialDropout<ThreeAxes>
