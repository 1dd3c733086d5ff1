public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// `x · scale + offset`; either may be one number or one per channel.
public struct Rescaling: UnaryLayer {
    public static let className = "Rescaling"
    public var options: LayerOptions
    private let factor: NumberArray
    private let shift: NumberArray
    public var supportsMasking: Bool { true }

    /// The factor and what is added, number by number.
    public var scale: [Float] { factor.values }
    public var offset: [Float] { shift.values }

    public init(_ scale: Float, offset: Float = 0, name: String? = nil) {
        options = LayerOptions(name: name)
        factor = NumberArray(scale)
        shift = NumberArray(offset)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        factor = try config.numberArray("scale")
        shift = try config.numberArray("offset", default: 0)
    }

    public var config: JSONObject { ["scale": factor.json, "offset": shift.json] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let numbers = try lowering.graph.cast(x, to: .float32)
        let scaled = try lowering.graph.multiply(numbers, factor.constant(in: &lowering.graph))
        return try lowering.graph.add(scaled, shift.constant(in: &lowering.graph))
    }
}
