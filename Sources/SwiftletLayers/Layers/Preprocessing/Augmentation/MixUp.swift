internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Mixes every image with another one of the batch while training.
///
/// - SeeAlso: Zhang et al. 2017, arXiv:1710.09412.
package struct MixUp: ImageAugmentation {
    package static let className = "MixUp"
    package var options: LayerOptions
    /// The parameter of the shares' beta distribution.
    private let alpha: Float
    let augmentation: AugmentationOptions
    package var mixesExamples: Bool { true }

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        alpha = try config.float("alpha", default: 0.2)
        guard alpha > 0, alpha.isFinite else {
            throw ModelError.config(key: "alpha", cause: "\(alpha) is not positive")
        }
        augmentation = try AugmentationOptions(config: config)
    }

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let batch = lowering.graph.shape(of: images)[0]
        let order = try lowering.shuffled(batch, seed: augmentation.seed, name: "partners")
        let alphas = try lowering.graph.constant(
            Tensor(repeating: alpha, shape: Shape([batch, 1, 1, 1])))
        let share = try lowering.betaNoise(alphas, seed: augmentation.seed, name: "share")
        let rest = try lowering.graph.subtract(lowering.graph.constant(1), share)
        return try lowering.graph.add(
            lowering.graph.multiply(share, images),
            lowering.graph.multiply(rest, lowering.graph.gather(images, order)))
    }
}
