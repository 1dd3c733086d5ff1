internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Changes a batch of images while training by a few augmenting layers, drawn from eleven.
///
/// - SeeAlso: Cubuk et al. 2019, arXiv:1909.13719.
package struct RandAugment: ImageAugmentation {
    package static let className = "RandAugment"
    package var options: LayerOptions
    private let count: Int
    private let set: AugmentationSet
    let augmentation: AugmentationOptions
    package var mixesExamples: Bool { true }

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        count = try config.augmentationCount("num_ops", default: 2)
        set = try AugmentationSet(
            config: config, factor: config.factor(within: 0...1, default: 0.5))
        augmentation = try AugmentationOptions(config: config)
    }

    /// A layer that is drawn twice changes the images the same way twice, as in Keras.
    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let choices = try lowering.drawnChoices(
            count, below: set.layers.count, seed: augmentation.seed, name: "layers")
        return try choices.reduce(images) {
            try set.applied($1, to: $0, scope: "", in: &lowering)
        }
    }
}

extension LayerConfig {
    /// How many layers follow one another or stand beside one another.
    func augmentationCount(_ key: String, default fallback: Int) throws -> Int {
        let count = try int(key, default: fallback)
        guard 0...64 ~= count else {
            throw ModelError.config(key: key, cause: "0 to 64 expected, \(count) found")
        }
        return count
    }
}
