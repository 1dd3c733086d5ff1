public import SwiftletFiles
public import SwiftletGraph

/// Cuts rows and columns of `[batch, height, width, channels]` off at both ends.
public struct Cropping2D: UnaryLayer {
    public static let className = "Cropping2D"
    public var options: LayerOptions
    private let cropping: EdgeAmounts
    private let format: DataFormat
    private static let rank = 2

    /// - Parameter cropping: what goes at each end, along each axis.
    public init(
        _ cropping: Extent = 0, format: DataFormat = .channelsLast, name: String? = nil
    ) throws {
        options = LayerOptions(name: name)
        self.cropping = try EdgeAmounts(cropping, rank: Self.rank, key: "cropping")
        self.format = format
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cropping = try EdgeAmounts(config: config, "cropping", rank: Self.rank, default: 0)
        format = try config.choice("data_format", default: .channelsLast)
    }

    public var config: JSONObject {
        ["cropping": cropping.json, "data_format": .string(format.rawValue)]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.channelsLast(x, format) { lowering, x in
            let shape = try lowering.spatialShape(of: x, rank: Self.rank)
            let starts = [0] + cropping.amounts.map(\.before) + [0]
            let ends = [0] + cropping.amounts.map(\.after) + [0]
            guard shape.indices.allSatisfy({ starts[$0] + ends[$0] < shape[$0] }) else {
                throw refusal("nothing is left of \(shape)")
            }
            return try lowering.graph.slice(
                x, starts: starts, limits: zip(shape, ends).map { $0 - $1 })
        }
    }
}
