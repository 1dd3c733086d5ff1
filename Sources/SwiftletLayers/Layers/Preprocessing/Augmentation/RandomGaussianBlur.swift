internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Blurs some images while training, the whole batch by the same widths.
package struct RandomGaussianBlur: ImageAugmentation {
    package static let className = "RandomGaussianBlur"
    package var options: LayerOptions
    private let probability: ClosedRange<Float>
    private let size: [Int]
    private let sigma: ClosedRange<Float>
    private let values: ClosedRange<Float>
    let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        probability = try config.factor(within: 0...1, default: 1)
        size = try config.ints("kernel_size", count: 2, default: [3, 3])
        guard size.allSatisfy({ $0 % 2 == 1 && $0 < 1 << 12 }) else {
            throw ModelError.config(
                key: "kernel_size", cause: "odd numbers expected, \(size) found")
        }
        sigma = try config.factor("sigma", within: 0...1, default: 1)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let drawn = try lowering.graph.add(
            lowering.drawn(sigma, [2], seed: augmentation.seed, name: "sigma"),
            lowering.graph.constant(1e-6))
        let widths = try (0..<2).map { try lowering.graph.slice(drawn, axis: 0, $0..<($0 + 1)) }
        let blurred = try lowering.graph.blurred(images, size: size, sigma: widths)
        let chosen = try lowering.chosen(
            probability, batch: lowering.graph.shape(of: images)[0], seed: augmentation.seed,
            name: "blur")
        return try lowering.clipped(
            lowering.graph.select(chosen, blurred, images), to: values)
    }
}

extension Graph {
    /// Images blurred by a Gauss function that is cut off to `size`, zeros around the edge.
    ///
    /// - Parameter sigma: two values of `[1]`.
    mutating func blurred(_ images: Value, size: [Int], sigma: [Value]) throws -> Value {
        func bell(_ axis: Int) throws -> Value {
            let middle = Float(size[axis] - 1) / 2
            let places = try constant(Tensor(shape: Shape([size[axis]])) { Float($0) - middle })
            let weights = try exp(scale(square(divide(places, sigma[axis])), by: -0.5))
            return try divide(weights, sum(weights, axes: [0]))
        }
        // Keras lays the first size along the columns; for sizes that differ as it does.
        let outer = try multiply(
            reshape(bell(1), to: [size[1], 1]), reshape(bell(0), to: [1, size[0]]))
        let channels = shape(of: images)[3]
        let kernel = try broadcast(
            reshape(outer, to: [size[0], size[1], 1, 1]),
            to: Shape([size[0], size[1], channels, 1]))
        return try depthwiseConvolution(
            images, kernel, strides: [1, 1], dilation: [1, 1],
            padding: size.map { ($0 / 2, $0 / 2) })
    }
}
