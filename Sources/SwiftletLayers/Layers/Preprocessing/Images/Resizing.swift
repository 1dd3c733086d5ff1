public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Brings images `[batch, height, width, channels]` to one size.
public struct Resizing: UnaryLayer {
    public static let className = "Resizing"
    public var options: LayerOptions
    public let height: Int
    public let width: Int
    public let interpolation: ImageInterpolation
    private let antialias: Bool
    private let cropsToRatio: Bool
    private let padsToRatio: Bool
    private let fillValue: Float
    private let format: DataFormat
    /// Keras 2 answers with floats whatever it is given, Keras 3 with the input's type.
    private let returnsFloats: Bool

    public init(
        height: Int, width: Int, interpolation: ImageInterpolation = .bilinear, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.height = height
        self.width = width
        self.interpolation = interpolation
        (antialias, cropsToRatio, padsToRatio, fillValue) = (false, false, false, 0)
        format = .channelsLast
        returnsFloats = false
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        height = try config.positiveInt("height")
        width = try config.positiveInt("width")
        interpolation = try config.choice("interpolation", default: .bilinear)
        antialias = try config.bool("antialias", default: false)
        cropsToRatio = try config.bool("crop_to_aspect_ratio", default: false)
        padsToRatio = try config.bool("pad_to_aspect_ratio", default: false)
        guard !cropsToRatio || !padsToRatio else {
            throw ModelError.config(
                key: "pad_to_aspect_ratio", cause: "true together with crop_to_aspect_ratio")
        }
        let fillMode = try config.string("fill_mode", default: "constant")
        guard fillMode == "constant" else {
            throw ModelError.config(
                key: "fill_mode", cause: "\"constant\" expected, \"\(fillMode.prefix(40))\" found")
        }
        fillValue = try config.float("fill_value", default: 0)
        format = try config.choice("data_format", default: .channelsLast)
        returnsFloats = try config.bool("returns_floats", default: false)
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "height": .int(height), "width": .int(width),
            "interpolation": .string(interpolation.rawValue),
            "crop_to_aspect_ratio": .bool(cropsToRatio), "pad_to_aspect_ratio": .bool(padsToRatio),
            "fill_mode": "constant", "fill_value": .number(fillValue),
            "antialias": .bool(antialias), "data_format": .string(format.rawValue),
        ]
        if returnsFloats { config["returns_floats"] = true }
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let dtype = lowering.graph[x].dtype
        let extents = [height, width]
        let resized = try withImages(x, format, in: &lowering) { lowering, images in
            let framed =
                cropsToRatio
                ? try lowering.cropped(images, toRatioOf: extents)
                : padsToRatio
                    ? try lowering.padded(images, toRatioOf: extents, value: fillValue) : images
            return try lowering.resizeImages(
                framed, to: extents, interpolation, antialias: antialias)
        }
        return returnsFloats ? resized : try lowering.rounded(resized, to: dtype)
    }
}
