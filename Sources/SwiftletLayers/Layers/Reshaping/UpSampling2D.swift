public import SwiftletFiles
public import SwiftletGraph

/// Enlarges images `[batch, height, width, channels]` by whole factors.
public struct UpSampling2D: UnaryLayer {
    /// How the new pixels follow from the old ones.
    public enum Interpolation: String, Sendable, CaseIterable {
        case nearest, bilinear, bicubic, lanczos3, lanczos5
    }

    public static let className = "UpSampling2D"
    public var options: LayerOptions
    private let size: Extent
    private let format: DataFormat
    private let interpolation: Interpolation

    public init(
        _ size: Extent = 2, interpolation: Interpolation = .nearest,
        format: DataFormat = .channelsLast, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.size = size
        self.interpolation = interpolation
        self.format = format
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        size = Extent(try config.ints("size", count: 2, default: [2, 2]))
        format = try config.choice("data_format", default: .channelsLast)
        interpolation = try config.choice("interpolation", default: .nearest)
    }

    public var config: JSONObject {
        [
            "size": size.json(rank: 2), "data_format": .string(format.rawValue),
            "interpolation": .string(interpolation.rawValue),
        ]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let counts = try size.along(rank: 2, "size")
        return try lowering.channelsLast(x, format) { lowering, x in
            let shape = try lowering.spatialShape(of: x, rank: 2)
            if interpolation == .nearest { return try lowering.repeatSpatially(x, counts) }
            let extents = try zip(shape[1...2], counts).map(enlarged)
            let kernel = ImageInterpolation(rawValue: interpolation.rawValue) ?? .bilinear
            return try lowering.resizeImages(x, to: extents, kernel)
        }
    }

    private func enlarged(_ extent: Int, by count: Int) throws -> Int {
        let (product, overflow) = extent.multipliedReportingOverflow(by: count)
        guard !overflow else { throw refusal("size \(count) is too large") }
        return product
    }
}
