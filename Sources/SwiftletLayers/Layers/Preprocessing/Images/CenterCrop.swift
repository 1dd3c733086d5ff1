public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// The middle of images `[batch, height, width, channels]`; smaller images are cropped to the
/// wanted proportions and enlarged.
public struct CenterCrop: UnaryLayer {
    public static let className = "CenterCrop"
    public var options: LayerOptions
    public let height: Int
    public let width: Int
    private let format: DataFormat

    public init(height: Int, width: Int, name: String? = nil) {
        options = LayerOptions(name: name)
        self.height = height
        self.width = width
        format = .channelsLast
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        height = try config.positiveInt("height")
        width = try config.positiveInt("width")
        format = try config.choice("data_format", default: .channelsLast)
    }

    public var config: JSONObject {
        [
            "height": .int(height), "width": .int(width), "data_format": .string(format.rawValue),
        ]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try withImages(x, format, in: &lowering) { lowering, images in
            let old = lowering.graph.shape(of: images).dimensions
            let (rows, columns) = (old[1] - height, old[2] - width)
            guard rows >= 0, columns >= 0 else {
                return try lowering.croppedAndResized(images, to: [height, width])
            }
            return try lowering.graph.slice(
                images, starts: [0, rows / 2, columns / 2, 0],
                limits: [old[0], rows / 2 + height, columns / 2 + width, old[3]])
        }
    }
}
