public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Adds a random number to all pixels of an image while training.
public struct RandomBrightness: UnaryLayer {
    public static let className = "RandomBrightness"
    public var options: LayerOptions
    private let factor: ClosedRange<Float>
    private let values: ClosedRange<Float>
    private let augmentation: AugmentationOptions

    /// - Parameter factor: the largest change, as a share of the width of `values`.
    public init(
        _ factor: Float, values: ClosedRange<Float> = 0...255, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.factor = -abs(factor)...abs(factor)
        self.values = values
        augmentation = AugmentationOptions([
            "factor": [.number(-abs(factor)), .number(abs(factor))],
            "value_range": [.number(values.lowerBound), .number(values.upperBound)],
        ])
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        factor = try config.range("factor", within: -1...1)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            let share = try lowering.drawn(
                factor, [batch, 1, 1, 1], seed: augmentation.seed, name: "brightness")
            let delta = try lowering.graph.scale(
                share, by: values.upperBound - values.lowerBound)
            return try lowering.graph.unary(
                .clip(lowest: values.lowerBound, highest: values.upperBound),
                lowering.graph.add(images, delta))
        }
    }
}
