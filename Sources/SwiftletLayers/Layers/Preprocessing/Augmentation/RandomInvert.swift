public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Turns light and dark around in some images while training.
public struct RandomInvert: UnaryLayer {
    public static let className = "RandomInvert"
    public var options: LayerOptions
    private let probability: ClosedRange<Float>
    private let values: ClosedRange<Float>
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        probability = try config.range("factor", within: 0...1)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            let chosen = try lowering.chosen(
                probability, batch: batch, seed: augmentation.seed, name: "invert")
            let inverted = try lowering.graph.subtract(
                lowering.graph.constant(values.upperBound), images)
            return try lowering.graph.select(chosen, inverted, images)
        }
    }
}
