internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Makes the colours of images paler or stronger while training: saturations are multiplied by
/// `u / (1 − u)` with `u` from the factor.
package struct RandomSaturation: ImageAugmentation {
    package static let className = "RandomSaturation"
    package var options: LayerOptions
    private let factor: ClosedRange<Float>
    private let values: ClosedRange<Float>
    let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        factor = try config.factor(within: -1...1)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    /// The range of values limits the saturation, and the images are taken as they are: so has Keras.
    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let batch = [lowering.graph.shape(of: images)[0], 1, 1, 1]
        let share = try lowering.drawn(
            factor, batch, seed: augmentation.seed, name: "saturation")
        let rest = try lowering.graph.add(
            lowering.graph.subtract(lowering.graph.constant(1), share),
            lowering.graph.constant(1e-7))
        let strength = try lowering.graph.divide(share, rest)
        return try lowering.overHueSaturationValue(images) { graph, parts in
            let saturation = try graph.multiply(parts[1], strength)
            parts[1] = try graph.unary(
                .clip(lowest: values.lowerBound, highest: values.upperBound), saturation)
        }
    }
}
