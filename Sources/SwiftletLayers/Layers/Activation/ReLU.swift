public import SwiftletFiles
public import SwiftletGraph

/// The rectifier with its variants: `x` above `threshold` up to `maximum`, below it
/// `negativeSlope · (x − threshold)`.
public struct ReLU: UnaryLayer {
    public static let className = "ReLU"
    public var options: LayerOptions
    public let maximum: Float?
    public let negativeSlope: Float
    public let threshold: Float
    public var supportsMasking: Bool { true }

    public init(
        maximum: Float? = nil, negativeSlope: Float = 0, threshold: Float = 0,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.maximum = maximum
        self.negativeSlope = negativeSlope
        self.threshold = threshold
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        maximum = try config.optionalFloat("max_value")
        negativeSlope = try config.float("negative_slope", default: 0)
        threshold = try config.float("threshold", default: 0)
    }

    public var config: JSONObject {
        [
            "max_value": maximum.map(JSON.number) ?? .null,
            "negative_slope": .number(negativeSlope), "threshold": .number(threshold),
        ]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.graph.unary(
            .relu(slope: negativeSlope, maximum: maximum ?? .infinity, threshold: threshold), x)
    }
}
