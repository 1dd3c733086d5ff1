public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Marks the steps in which every feature has a given value as not counting.
public struct Masking: UnaryLayer {
    public static let className = "Masking"
    public var options: LayerOptions
    public let value: Float

    public init(_ value: Float = 0, name: String? = nil) {
        options = LayerOptions(name: name)
        self.value = value
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        value = try config.float("mask_value", default: 0)
    }

    public var config: JSONObject { ["mask_value": .number(value)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank >= 2 else {
            throw refusal("[batch, …, features] expected, \(shape) found")
        }
        let differs = try lowering.graph.compare(
            .notEqual, x, lowering.graph.constant(value))
        let counts = try lowering.graph.cast(differs, to: .float32)
        let any = try lowering.graph.max(counts, axes: [shape.rank - 1], keepsDimensions: true)
        let y = try lowering.graph.multiply(x, any)
        let steps = try lowering.graph.reshape(any, to: Array(shape.dimensions.dropLast()))
        lowering.setMask(
            try lowering.graph.compare(.greater, steps, lowering.graph.constant(0)), of: y)
        return y
    }
}
