public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Turns what is lighter than a random threshold around, while training.
public struct Solarization: UnaryLayer {
    public static let className = "Solarization"
    public var options: LayerOptions
    private let additions: ClosedRange<Float>
    private let thresholds: ClosedRange<Float>
    private let values: ClosedRange<Float>
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        additions = try config.upTo("addition_factor")
        thresholds = try config.upTo("threshold_factor")
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let batch = lowering.graph.shape(of: images)[0]
            func drawn(_ range: ClosedRange<Float>, _ name: String) throws -> Value {
                // Keras scales the upper end alone.
                let scaled = min(range.lowerBound, 255 * range.upperBound)...255 * range.upperBound
                return try lowering.drawn(
                    scaled, [batch, 1, 1, 1], seed: augmentation.seed, name: name)
            }
            let (addition, threshold) = (
                try drawn(additions, "addition"), try drawn(thresholds, "threshold")
            )
            return try lowering.inBytes(images, from: values) { lowering, bytes in
                let lighter = try lowering.clipped(
                    lowering.graph.add(bytes, addition), to: 0...255)
                let inverted = try lowering.graph.subtract(lowering.graph.constant(255), lighter)
                return try lowering.graph.select(
                    lowering.graph.compare(.less, lighter, threshold), lighter, inverted)
            }
        }
    }
}

extension LayerConfig {
    /// A range, or one number that is its upper end.
    fileprivate func upTo(_ key: String) throws -> ClosedRange<Float> {
        guard value(key) != nil else { return 0...0 }
        let range = try range(key, within: 0...1)
        return value(key)?.array == nil ? 0...range.upperBound : range
    }
}
