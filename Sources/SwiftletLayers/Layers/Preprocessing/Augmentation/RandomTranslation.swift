public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Moves every image while training, by random shares of its height and width.
public struct RandomTranslation: UnaryLayer {
    public static let className = "RandomTranslation"
    public var options: LayerOptions
    private let heights: ClosedRange<Float>
    private let widths: ClosedRange<Float>
    private let augmentation: AugmentationOptions
    private let affine: AffineOptions

    /// - Parameters:
    ///   - height: the largest move up or down, as a share of the height.
    ///   - width: the largest move left or right, as a share of the width.
    public init(height: Float, width: Float, name: String? = nil) {
        options = LayerOptions(name: name)
        heights = -abs(height)...abs(height)
        widths = -abs(width)...abs(width)
        augmentation = AugmentationOptions([
            "height_factor": .number(height), "width_factor": .number(width),
        ])
        affine = AffineOptions()
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        heights = try config.range("height_factor", within: -1...1)
        widths = try config.range("width_factor", within: -1...1)
        augmentation = try AugmentationOptions(config: config)
        affine = try AffineOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let shape = lowering.graph.shape(of: images)
            let down = try lowering.drawn(
                heights, [shape[0]], seed: augmentation.seed, name: "height")
            let right = try lowering.drawn(
                widths, [shape[0]], seed: augmentation.seed, name: "width")
            let (one, zero) = (try lowering.graph.constant(1), try lowering.graph.constant(0))
            let matrix = [
                one, zero, try lowering.graph.scale(right, by: -Float(shape[2])),
                zero, one, try lowering.graph.scale(down, by: -Float(shape[1])),
            ]
            return try affine.moved(images, by: matrix, in: &lowering)
        }
    }
}
