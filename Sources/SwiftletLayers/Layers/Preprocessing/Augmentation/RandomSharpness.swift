public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Sharpens or blurs images while training.
public struct RandomSharpness: UnaryLayer {
    public static let className = "RandomSharpness"
    public var options: LayerOptions
    private let factor: ClosedRange<Float>
    private let values: ClosedRange<Float>
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        factor = try config.range("factor", within: 0...1)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            let channels = lowering.graph.shape(of: images)[3]
            let share = try lowering.drawn(
                factor, [batch, 1, 1, 1], seed: augmentation.seed, name: "sharpness")
            let (edge, middle) = (Float(1) / 13, Float(5) / 13)
            let weights = (0..<9).flatMap { place in
                [Float](repeating: place == 4 ? middle : edge, count: channels)
            }
            let kernel = try lowering.graph.constant(
                Tensor(weights, shape: Shape([3, 3, channels, 1])))
            let smooth = try lowering.graph.depthwiseConvolution(
                images, kernel, strides: [1, 1], dilation: [1, 1], padding: [(1, 1), (1, 1)])
            let keeping = try lowering.graph.subtract(
                lowering.graph.constant(1), lowering.graph.scale(share, by: 2))
            let change = try lowering.graph.multiply(
                lowering.graph.subtract(smooth, images), keeping)
            return try lowering.clipped(lowering.graph.add(images, change), to: values)
        }
    }
}
