package import SwiftletFiles
package import SwiftletGraph
internal import SwiftletTensor

/// Changes brightness, contrast, saturation and hue of images while training, one after the other,
/// each where it has a factor.
package struct RandomColorJitter: UnaryLayer {
    package static let className = "RandomColorJitter"
    package var options: LayerOptions
    private let layers: [any UnaryLayer]
    private let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        augmentation = try AugmentationOptions(config: config)
        let kinds: [(key: String, type: any UnaryLayer.Type)] = [
            ("brightness_factor", RandomBrightness.self),
            ("contrast_factor", RandomContrast.self),
            ("saturation_factor", RandomSaturation.self), ("hue_factor", RandomHue.self),
        ]
        layers = try kinds.compactMap { key, type in
            guard let factor = config.value(key) else { return nil }
            // Keras does not pass the data format on.
            return try type.init(
                config: LayerConfig(
                    [
                        "factor": factor, "value_range": config.json["value_range"] ?? .null,
                        "seed": config.json["seed"] ?? .null,
                    ], registry: config.registry, depth: config.depth + 1))
        }
    }

    package var config: JSONObject { augmentation.json }

    package func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let floats = try lowering.graph.cast(x, to: .float32)
        guard lowering.isTraining else { return floats }
        return try layers.reduce(floats) { try $1.lower($0, in: &lowering) }
    }
}
