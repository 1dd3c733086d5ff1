public import SwiftletFiles
public import SwiftletGraph

/// `x` where it is positive, `negativeSlope · x` elsewhere.
public struct LeakyReLU: UnaryLayer {
    public static let className = "LeakyReLU"
    public var options: LayerOptions
    public let negativeSlope: Float
    public var supportsMasking: Bool { true }

    public init(negativeSlope: Float = 0.3, name: String? = nil) {
        options = LayerOptions(name: name)
        self.negativeSlope = negativeSlope
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        negativeSlope = try config.float("negative_slope", default: 0.3)
    }

    public var config: JSONObject { ["negative_slope": .number(negativeSlope)] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.graph.unary(.leakyReLU(slope: negativeSlope), x)
    }
}
