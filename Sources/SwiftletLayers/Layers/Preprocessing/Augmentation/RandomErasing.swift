internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Covers a random box of some images while training, with a colour or with noise.
///
/// - SeeAlso: Zhong et al. 2017, arXiv:1708.04896.
package struct RandomErasing: ImageAugmentation {
    package static let className = "RandomErasing"
    package var options: LayerOptions
    private let probability: ClosedRange<Float>
    /// The square of a box's share of either side.
    private let scale: ClosedRange<Float>
    /// One number or one per channel; nil for noise.
    private let fill: [Float]?
    private let values: ClosedRange<Float>
    let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        probability = try config.factor(within: 0...1, default: 1)
        scale =
            config.value("scale") == nil ? 0.02...0.33 : try config.factor("scale", within: 0...1)
        fill = try config.value("fill_value").map { value in
            let numbers = (value.array ?? [value]).compactMap(\.double).map { Float($0) }
            guard numbers.count == (value.array == nil ? 1 : 3) else {
                throw ModelError.config(
                    key: "fill_value", cause: "a number or three expected, \(value.text()) found")
            }
            return numbers
        }
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: images)
        let seed = augmentation.seed
        func side(_ name: String) throws -> Value {
            try lowering.graph.squareRoot(
                lowering.drawn(scale, [shape[0], 1, 1, 1], seed: seed, name: name))
        }
        let (width, height) = (try side("width"), try side("height"))
        let box = try lowering.randomBoxes(in: images, width: width, height: height, seed: seed)
        let chosen = try lowering.chosen(
            probability, batch: shape[0], seed: seed, name: "erase")
        let cover = try cover(shape, in: &lowering)
        return try lowering.graph.select(
            lowering.graph.logicalAnd(box, chosen), cover, images)
    }

    private func cover(_ shape: Shape, in lowering: inout Lowering) throws -> Value {
        guard let fill else {
            let noise = try lowering.normalNoise(
                shape.dimensions, seed: augmentation.seed, name: "noise")
            return try lowering.clipped(
                lowering.graph.scale(noise, by: values.upperBound), to: values)
        }
        guard fill.count == 1 || fill.count == shape[3] else {
            throw refusal("a fill_value of \(fill.count) channels, images of \(shape[3])")
        }
        let colour = try lowering.graph.constant(Tensor(fill))
        return try lowering.clipped(colour, to: values)
    }
}
