internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Distorts some images while training as if they were drawn on rubber.
///
/// Every pixel moves by smoothed noise; as in Keras the noise is smoothed over a window whose size
/// follows the drawn strength, and what moves along x and along y is the same.
package struct RandomElasticTransform: ImageAugmentation {
    private enum Interpolation: String, CaseIterable { case nearest, bilinear }
    private enum FillMode: String, CaseIterable { case constant, nearest, wrap, mirror, reflect }

    package static let className = "RandomElasticTransform"
    package var options: LayerOptions
    private let probability: ClosedRange<Float>
    private let scale: ClosedRange<Float>
    private let interpolation: Interpolation
    private let fillMode: FillMode
    private let fill: Float
    private let values: ClosedRange<Float>
    let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        probability = try config.factor(within: 0...1, default: 1)
        scale = try config.factor("scale", within: 0...1, default: 1)
        interpolation = try config.choice("interpolation", default: .bilinear)
        fillMode = try config.choice("fill_mode", default: .reflect)
        fill = try config.float("fill_value", default: 0)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        guard scale.upperBound > 0, probability.upperBound > 0 else { return images }
        let shape = lowering.graph.shape(of: images)
        let strength = try lowering.drawn(
            scale, [1], seed: augmentation.seed, name: "strength")
        let alpha = try lowering.graph.scale(strength, by: 0.1 * Float(max(shape[1], shape[2])))
        let moves = try lowering.graph.multiply(
            moves(shape, strength, in: &lowering), alpha)
        let distorted = try distorted(images, by: moves, in: &lowering)
        let chosen = try lowering.chosen(
            probability, batch: shape[0], seed: augmentation.seed, name: "distort")
        return try lowering.clipped(
            lowering.graph.select(chosen, distorted, images), to: values)
    }

    /// Smoothed noise, `[batch, height, width]`.
    private func moves(
        _ shape: Shape, _ strength: Value, in lowering: inout Lowering
    ) throws -> Value {
        let perStrength = 0.05 * Float(min(shape[1], shape[2]))
        let sigma = try lowering.graph.scale(strength, by: perStrength)
        let noise = try lowering.graph.multiply(
            lowering.normalNoise(
                [shape[0], shape[1], shape[2], 1], seed: augmentation.seed, name: "moves"),
            sigma)
        // The window is 6 ⌊σ⌋ | 1 wide: what lies outside counts nothing in the widest one.
        let reach = 3 * Int(min(scale.upperBound * perStrength, 512))
        let bell = try lowering.graph.bell(sigma, reach: reach)
        let size = 2 * reach + 1
        let kernel = try lowering.graph.multiply(
            lowering.graph.reshape(bell, to: [size, 1]),
            lowering.graph.reshape(bell, to: [1, size]))
        let smooth = try lowering.graph.depthwiseConvolution(
            noise, lowering.graph.reshape(kernel, to: [size, size, 1, 1]), strides: [1, 1],
            dilation: [1, 1], padding: [(reach, reach), (reach, reach)])
        return try lowering.graph.reshape(smooth, to: [shape[0], shape[1], shape[2]])
    }

    /// The images read where the moves say, every channel of each as a plane.
    private func distorted(
        _ images: Value, by moves: Value, in lowering: inout Lowering
    ) throws -> Value {
        let shape = lowering.graph.shape(of: images).dimensions
        let planes = [shape[0], shape[3], shape[1], shape[2]]
        let stack = [shape[0] * shape[3], shape[1], shape[2]]
        func places(_ axis: Int) throws -> Value {
            var extents = [1, 1, 1]
            extents[axis] = stack[axis]
            return try lowering.graph.constant(
                Tensor(shape: Shape(extents)) { Float($0) })
        }
        let wide = try lowering.graph.reshape(
            lowering.graph.broadcast(
                lowering.graph.reshape(moves, to: [shape[0], 1, shape[1], shape[2]]),
                to: Shape(planes)), to: stack)
        let coordinates = try lowering.graph.stack(
            [
                lowering.graph.broadcast(places(0), to: Shape(stack)),
                lowering.graph.add(places(1), wide), lowering.graph.add(places(2), wide),
            ], axis: 0)
        let source = try lowering.graph.reshape(
            lowering.graph.transpose(images, permutation: [0, 3, 1, 2]), to: stack)
        let result = try lowering.imageOperation(
            "MapCoordinates", [source, coordinates],
            [
                "order": .int(interpolation == .nearest ? 0 : 1),
                "fill_mode": .string(fillMode.rawValue), "fill_value": .number(fill),
            ])
        return try lowering.graph.transpose(
            lowering.graph.reshape(result, to: planes), permutation: [0, 2, 3, 1])
    }
}

extension Graph {
    /// A Gauss function of width `sigma`, cut off at three times its whole part, with sum 1.
    fileprivate mutating func bell(_ sigma: Value, reach: Int) throws -> Value {
        let places = try constant(Tensor((-reach...reach).map { Float($0) }))
        let weights = try exp(scale(square(divide(places, sigma)), by: -0.5))
        let limit = try scale(unary(.floor, sigma), by: 3)
        let isInside = try compare(.lessOrEqual, unary(.abs, places), limit)
        let kept = try select(isInside, weights, constant(0))
        return try divide(kept, sum(kept, axes: [0]))
    }
}
