public import SwiftletFiles
public import SwiftletGraph

/// Cuts off what lies at both ends of each spatial axis of `[batch, spatial…, channels]`. Keras's
/// `Cropping1D`, `Cropping2D` and `Cropping3D`.
public struct Cropping<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "Cropping\(Rank.count)D" }
    public var options: LayerOptions
    private let cropping: EdgeAmounts
    private let format: DataFormat

    /// - Parameter cropping: what goes at each end, along each axis.
    public init(
        _ cropping: Extent, format: DataFormat = .channelsLast, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.cropping = EdgeAmounts(cropping)
        self.format = format
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cropping = try EdgeAmounts(
            config: config, "cropping", rank: Rank.count, default: Rank.count == 2 ? 0 : 1)
        format = try config.choice("data_format", default: .channelsLast)
    }

    public var config: JSONObject {
        var config: JSONObject = ["cropping": cropping.json(rank: Rank.count)]
        // Keras's one-dimensional layer knows only one format.
        if Rank.count > 1 { config["data_format"] = .string(format.rawValue) }
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.channelsLast(x, format) { lowering, x in
            let shape = try lowering.spatialShape(of: x, rank: Rank.count)
            let (before, after) = try cropping.along(rank: Rank.count, "cropping")
            let (starts, ends) = ([0] + before + [0], [0] + after + [0])
            guard shape.indices.allSatisfy({ starts[$0] + ends[$0] < shape[$0] }) else {
                throw refusal("nothing is left of \(shape)")
            }
            return try lowering.graph.slice(
                x, starts: starts, limits: zip(shape, ends).map { $0 - $1 })
        }
    }
}

public typealias Cropping1D = Cropping<OneAxis>
public typealias Cropping2D = Cropping<TwoAxes>
public typealias Cropping3D = Cropping<ThreeAxes>
