public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// `x · scale + offset`; either may be one number or one per channel.
public struct Rescaling: UnaryLayer {
    public static let className = "Rescaling"
    public var options: LayerOptions
    public let scale: [Float]
    public let offset: [Float]
    public var supportsMasking: Bool { true }

    public init(_ scale: Float, offset: Float = 0, name: String? = nil) {
        options = LayerOptions(name: name)
        self.scale = [scale]
        self.offset = [offset]
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        scale = try config.floats("scale")
        offset = try config.floats("offset", default: [0])
    }

    public var config: JSONObject { ["scale": .numbers(scale), "offset": .numbers(offset)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let numbers = try lowering.graph.cast(x, to: .float32)
        let factor = try lowering.graph.numbers(scale)
        let scaled = try lowering.graph.multiply(numbers, factor)
        return try lowering.graph.add(scaled, lowering.graph.numbers(offset))
    }
}

extension LayerConfig {
    /// One number, or a list (of lists) of them.
    func floats(_ key: String, default fallback: [Float]? = nil) throws -> [Float] {
        guard let value = value(key) else {
            guard let fallback else { throw ModelError.config(key: key, cause: "missing") }
            return fallback
        }
        func flat(_ json: JSON) throws -> [Float] {
            if let number = json.double { return [Float(number)] }
            // NumPy arrays as Keras serialises them.
            if let inner = json["config"]?["value"] ?? json["value"] { return try flat(inner) }
            guard let list = json.array else {
                throw ModelError.config(key: key, cause: "numbers expected")
            }
            return try list.flatMap(flat)
        }
        return try flat(value)
    }
}

extension JSON {
    /// A single number as itself, several as a list.
    static func numbers(_ values: [Float]) -> JSON {
        values.count == 1 ? .number(values[0]) : .array(values.map(JSON.number))
    }
}

extension Graph {
    /// A scalar or a vector along the last axis.
    mutating func numbers(_ values: [Float]) throws -> Value {
        try constant(
            Tensor(values, shape: values.count == 1 ? .scalar : .vector(values.count)))
    }
}
