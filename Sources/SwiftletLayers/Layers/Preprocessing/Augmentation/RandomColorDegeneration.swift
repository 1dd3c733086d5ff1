public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Mixes images with their brightness while training.
public struct RandomColorDegeneration: UnaryLayer {
    public static let className = "RandomColorDegeneration"
    public var options: LayerOptions
    private let factor: ClosedRange<Float>
    private let values: ClosedRange<Float>
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        factor = try config.range("factor", within: -1...1)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            let share = try lowering.drawn(
                factor, [batch, 1, 1, 1], seed: augmentation.seed, name: "gray")
            let gray = try lowering.grayscale(images, for: self)
            let change = try lowering.graph.multiply(
                lowering.graph.subtract(gray, images), share)
            return try lowering.clipped(lowering.graph.add(images, change), to: values)
        }
    }
}
