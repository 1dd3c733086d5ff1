public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Leaves pixels a random number of bits while training.
public struct RandomPosterization: UnaryLayer {
    public static let className = "RandomPosterization"
    public var options: LayerOptions
    private let bits: ClosedRange<Int>
    private let values: ClosedRange<Float>
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        let range = try config.range("factor", within: -8...8)
        let bits = max(1, Int(range.lowerBound))...max(1, Int(range.upperBound))
        self.bits = config.value("factor")?.array == nil ? 1...bits.upperBound : bits
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            // The larger end is left out, as in Keras, unless it is the only one.
            let count = max(1, bits.upperBound - bits.lowerBound)
            let noise = try lowering.uniformNoise(
                [batch, 1, 1, 1], seed: augmentation.seed, name: "bits")
            let drawn = try lowering.graph.unary(
                .floor, lowering.graph.scale(noise, by: Float(count)))
            let rest = try lowering.graph.subtract(
                lowering.graph.constant(Float(8 - bits.lowerBound)), drawn)
            let step = try lowering.graph.power(lowering.graph.constant(2), rest)
            return try lowering.inBytes(images, from: values) { lowering, bytes in
                let whole = try lowering.graph.unary(.floor, bytes)
                return try lowering.graph.multiply(
                    lowering.graph.unary(.floor, lowering.graph.divide(whole, step)), step)
            }
        }
    }
}
