public import SwiftletFiles
public import SwiftletGraph

/// Repeats every voxel along the three spatial axes of `[batch, depth, height, width, channels]`.
public struct UpSampling3D: UnaryLayer {
    public static let className = "UpSampling3D"
    public var options: LayerOptions
    private let size: Extent
    private let format: DataFormat

    public init(_ size: Extent = 2, format: DataFormat = .channelsLast, name: String? = nil) {
        options = LayerOptions(name: name)
        self.size = size
        self.format = format
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        size = Extent(try config.ints("size", count: 3, default: [2, 2, 2]))
        format = try config.choice("data_format", default: .channelsLast)
    }

    public var config: JSONObject {
        ["size": size.json(rank: 3), "data_format": .string(format.rawValue)]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let counts = try size.along(rank: 3, "size")
        return try lowering.channelsLast(x, format) { lowering, x in
            _ = try lowering.spatialShape(of: x, rank: 3)
            return try lowering.repeatSpatially(x, counts)
        }
    }
}
