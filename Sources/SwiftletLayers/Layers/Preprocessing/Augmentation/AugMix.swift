internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Mixes images with what several chains of augmenting layers make of them, while training.
///
/// The layers of the chains are drawn anew in every step; Keras draws them once for a compiled step.
///
/// - SeeAlso: Hendrycks et al. 2019, arXiv:1912.02781.
package struct AugMix: ImageAugmentation {
    package static let className = "AugMix"
    package var options: LayerOptions
    private let chains: Int
    private let depth: Int
    private let alpha: Float
    private let set: AugmentationSet
    private let values: ClosedRange<Float>
    let augmentation: AugmentationOptions
    package var mixesExamples: Bool { true }

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        chains = try config.augmentationCount("num_chains", default: 3)
        depth = try config.augmentationCount("chain_depth", default: 3)
        alpha = try config.float("alpha", default: 1)
        guard alpha > 0, alpha.isFinite else {
            throw ModelError.config(key: "alpha", cause: "\(alpha) is not positive")
        }
        let all = try config.bool("all_ops", default: true)
        set = try AugmentationSet(
            config: config, factor: config.factor(within: 0...1, default: 0.3),
            names: all ? nil : Self.geometry)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    /// What the paper uses.
    private static let geometry: Set = [
        "random_shear", "random_translation", "random_rotation", "random_posterization",
        "solarization", "auto_contrast", "equalization",
    ]

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        guard chains > 0 else { return images }
        let seed = augmentation.seed
        let alphas = try lowering.graph.constant(
            Tensor(repeating: alpha, shape: Shape([chains])))
        // A Dirichlet distribution: numbers of the gamma distribution, with sum 1.
        let weights = try lowering.graph.softmax(
            lowering.logGamma(alphas, seed: seed, name: "chains"))
        var mixed: Value?
        for chain in 0..<chains {
            let choices = try lowering.drawnChoices(
                depth, below: set.layers.count + 1, seed: seed, name: "chain \(chain)")
            let end = try choices.enumerated().reduce(images) { images, choice in
                try set.applied(
                    choice.element, to: images, scope: "\(chain).\(choice.offset) ",
                    in: &lowering)
            }
            let weight = try lowering.graph.slice(weights, axis: 0, chain..<(chain + 1))
            let share = try lowering.graph.multiply(end, weight)
            mixed = try mixed.map { try lowering.graph.add($0, share) } ?? share
        }
        let alpha = try lowering.graph.constant(Tensor([alpha] as [Float]))
        let kept = try lowering.betaNoise(alpha, seed: seed, name: "kept")
        let rest = try lowering.graph.subtract(lowering.graph.constant(1), kept)
        let sum = try lowering.graph.add(
            lowering.graph.multiply(kept, images),
            lowering.graph.multiply(rest, mixed ?? images))
        return try lowering.clipped(sum, to: values)
    }
}
