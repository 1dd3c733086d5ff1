internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Puts a box of another image of the batch into every image while training.
///
/// - SeeAlso: Yun et al. 2019, arXiv:1905.04899.
package struct CutMix: ImageAugmentation {
    package static let className = "CutMix"
    package var options: LayerOptions
    /// What the parameter of the kept shares' beta distribution is drawn from.
    private let factor: ClosedRange<Float>
    let augmentation: AugmentationOptions
    package var mixesExamples: Bool { true }

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        factor = try config.factor(within: 0...1, default: 1)
        augmentation = try AugmentationOptions(config: config)
    }

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let batch = lowering.graph.shape(of: images)[0]
        let seed = augmentation.seed
        let alpha = try lowering.graph.add(
            lowering.drawn(factor, [1, 1, 1, 1], seed: seed, name: "alpha"),
            lowering.graph.constant(1e-6))
        let alphas = try lowering.graph.broadcast(alpha, to: Shape([batch, 1, 1, 1]))
        let kept = try lowering.betaNoise(alphas, seed: seed, name: "share")
        let side = try lowering.graph.squareRoot(
            lowering.graph.subtract(lowering.graph.constant(1), kept))
        let box = try lowering.randomBoxes(in: images, width: side, height: side, seed: seed)
        let order = try lowering.shuffled(batch, seed: seed, name: "partners")
        return try lowering.graph.select(
            box, lowering.graph.gather(images, order), images)
    }
}
