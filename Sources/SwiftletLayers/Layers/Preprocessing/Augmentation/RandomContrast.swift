public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Moves the pixels of every channel away from their mean, or toward it, while training.
public struct RandomContrast: UnaryLayer {
    public static let className = "RandomContrast"
    public var options: LayerOptions
    private let factor: ClosedRange<Float>
    private let values: ClosedRange<Float>
    private let augmentation: AugmentationOptions

    /// - Parameter factor: the largest change: pixels keep 1 − `factor` to 1 + `factor` of their
    ///   distance from the mean.
    public init(
        _ factor: Float, values: ClosedRange<Float> = 0...255, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.factor = abs(factor)...abs(factor)
        self.values = values
        augmentation = AugmentationOptions([
            "factor": [.number(abs(factor)), .number(abs(factor))],
            "value_range": [.number(values.lowerBound), .number(values.upperBound)],
        ])
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        factor = try config.range("factor", within: 0...1000)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            let (low, high) = (1 - factor.lowerBound, 1 + factor.upperBound)
            let share = try lowering.drawn(
                low...high, [batch, 1, 1, 1], seed: augmentation.seed, name: "contrast")
            let mean = try lowering.graph.mean(images, axes: [1, 2], keepsDimensions: true)
            let distance = try lowering.graph.subtract(images, mean)
            let changed = try lowering.graph.add(lowering.graph.multiply(distance, share), mean)
            return try lowering.graph.unary(
                .clip(lowest: values.lowerBound, highest: values.upperBound), changed)
        }
    }
}
