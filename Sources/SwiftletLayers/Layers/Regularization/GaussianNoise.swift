public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Adds normal noise while training.
public struct GaussianNoise: UnaryLayer {
    public static let className = "GaussianNoise"
    public var options: LayerOptions
    public let standardDeviation: Float
    private let seed: Int?
    public var supportsMasking: Bool { true }

    public init(_ standardDeviation: Float, name: String? = nil) {
        options = LayerOptions(name: name)
        self.standardDeviation = standardDeviation
        seed = nil
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        standardDeviation = try config.float("stddev")
        seed = try config.optionalInt("seed")
    }

    public var config: JSONObject {
        ["stddev": .number(standardDeviation), "seed": seed.map(JSON.int) ?? .null]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining, standardDeviation > 0 else { return x }
        let noise = try lowering.normalNoise(
            lowering.graph.shape(of: x).dimensions, seed: seed, name: "noise")
        let scaled = try lowering.graph.multiply(
            noise, lowering.graph.constant(standardDeviation))
        return try lowering.graph.add(x, scaled)
    }
}
