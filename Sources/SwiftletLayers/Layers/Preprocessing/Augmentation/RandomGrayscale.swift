public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Takes the colour out of some images while training.
public struct RandomGrayscale: UnaryLayer {
    public static let className = "RandomGrayscale"
    public var options: LayerOptions
    private let probability: Float
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        probability = try config.rate("factor", default: 0.5)
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            let chosen = try lowering.chosen(
                probability...probability, batch: batch, seed: augmentation.seed, name: "gray")
            return try lowering.graph.select(
                chosen, lowering.grayscale(images, for: self), images)
        }
    }
}
