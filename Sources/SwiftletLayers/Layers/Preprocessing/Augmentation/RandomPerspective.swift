internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Shows some images as if seen from aside, while training: each corner but the first moves by a
/// random share of its distance from the first.
package struct RandomPerspective: ImageAugmentation {
    private enum Interpolation: String, CaseIterable { case nearest, bilinear }

    package static let className = "RandomPerspective"
    package var options: LayerOptions
    private let probability: ClosedRange<Float>
    private let scale: Float
    private let interpolation: Interpolation
    private let fill: Float
    let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        probability = try config.factor(within: 0...1, default: 1)
        scale = try config.float("scale", default: 1)
        guard 0...1 ~= scale else {
            throw ModelError.config(key: "scale", cause: "\(scale) is not from 0 to 1")
        }
        interpolation = try config.choice("interpolation", default: .bilinear)
        fill = try config.float("fill_value", default: 0)
        augmentation = try AugmentationOptions(config: config)
    }

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: images)
        let (right, bottom) = (Float(shape[2] - 1), Float(shape[1] - 1))
        let corners = try lowering.graph.constant(
            Tensor([0, 0, right, 0, 0, bottom, right, bottom] as [Float], shape: [1, 4, 2]))
        let moves = try lowering.drawn(
            -scale / 2...scale / 2, [shape[0], 4, 2], seed: augmentation.seed, name: "corners")
        let start = try lowering.graph.broadcast(corners, to: Shape([shape[0], 4, 2]))
        let end = try lowering.graph.add(start, lowering.graph.multiply(start, moves))
        let seen = try lowering.imageOperation(
            "PerspectiveTransform", [images, start, end],
            ["interpolation": .string(interpolation.rawValue), "fill_value": .number(fill)])
        let chosen = try lowering.chosen(
            probability, batch: shape[0], seed: augmentation.seed, name: "perspective")
        return try lowering.graph.select(chosen, seen, images)
    }
}
