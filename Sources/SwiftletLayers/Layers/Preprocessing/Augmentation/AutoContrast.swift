public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Stretches every channel of an image over the whole range of values, in training and outside it.
public struct AutoContrast: UnaryLayer {
    public static let className = "AutoContrast"
    public var options: LayerOptions
    private let values: ClosedRange<Float>
    private let augmentation: AugmentationOptions

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        values = try config.valueRange()
        augmentation = try AugmentationOptions(config: config)
    }

    public var config: JSONObject { augmentation.json }

    /// Keras looks for the extremes along axes 1 and 2 whatever the format, and so does this.
    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank == 3 || shape.rank == 4 else {
            throw refusal(
                "one image or a batch of images expected, an input of shape \(shape) found")
        }
        let floats = try lowering.graph.cast(x, to: .float32)
        let extents = shape.rank == 4 ? shape.dimensions : [1] + shape.dimensions
        let images = try lowering.graph.reshape(floats, to: extents)
        let stretched = try lowering.graph.stretched(images, over: values)
        return try lowering.graph.reshape(stretched, to: shape)
    }
}

extension Graph {
    /// A channel of one value alone stays as it is: Keras leaves out what is no number.
    fileprivate mutating func stretched(
        _ images: Value, over values: ClosedRange<Float>
    ) throws -> Value {
        let width = values.upperBound - values.lowerBound
        let low = try min(images, axes: [1, 2], keepsDimensions: true)
        let high = try max(images, axes: [1, 2], keepsDimensions: true)
        let share = try divide(subtract(images, low), subtract(high, low))
        let clipped = try unary(.clip(lowest: 0, highest: 1), share)
        let result = try add(scale(clipped, by: width), constant(values.lowerBound))
        return try select(classify(.isNaN, share), images, result)
    }
}
