public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Sets a share of the inputs to zero while training, and scales the others up to make good for it.
///
/// - SeeAlso: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
///   overfitting".
public struct Dropout: UnaryLayer {
    public static let className = "Dropout"
    public var options: LayerOptions
    public let rate: Float
    /// Extents of what is drawn: 1 drops a whole axis together; nil is the input's own.
    private let noiseShape: [Int?]?
    private let seed: Int?
    public var supportsMasking: Bool { true }

    /// - Parameter rate: the share that is dropped, 0 to 1.
    public init(_ rate: Float, name: String? = nil) {
        options = LayerOptions(name: name)
        self.rate = rate
        noiseShape = nil
        seed = nil
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        rate = try config.rate("rate")
        noiseShape = try config.extents("noise_shape")
        seed = try config.optionalInt("seed")
    }

    public var config: JSONObject {
        [
            "rate": .number(rate), "seed": seed.map(JSON.int) ?? .null,
            "noise_shape": noiseShape.map { .array($0.map { $0.map(JSON.int) ?? .null }) } ?? .null,
        ]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x).dimensions
        let extents = noiseShape.map { zip($0, shape).map { $0 ?? $1 } } ?? shape
        guard extents.count == shape.count else {
            throw refusal("noise_shape \(extents) does not fit an input of shape \(shape)")
        }
        return try lowering.dropout(x, rate: rate, extents: extents, seed: seed)
    }
}

extension LayerConfig {
    /// A share between 0 and 1.
    func rate(_ key: String, default fallback: Float? = nil) throws -> Float {
        let rate = try float(key, default: fallback)
        guard (0...1).contains(rate) else {
            throw ModelError.config(key: key, cause: "a number from 0 to 1 expected, \(rate) found")
        }
        return rate
    }
}

extension Lowering {
    /// Drops a share of `x` while training; 1 in `extents` drops along that axis together.
    mutating func dropout(
        _ x: Value, rate: Float, extents: [Int], seed: Int?
    ) throws -> Value {
        guard isTraining, rate > 0 else { return x }
        guard rate < 1 else { return try graph.multiply(x, graph.constant(0)) }
        let factors = try dropoutFactors(rate: rate, extents: extents, seed: seed)
        return try graph.multiply(x, factors)
    }

    /// 0 with probability `rate`, else 1 / (1 − rate).
    mutating func dropoutFactors(
        rate: Float, extents: [Int], seed: Int?, name: String = "dropout"
    ) throws -> Value {
        let noise = try uniformNoise(extents, seed: seed, name: name)
        let threshold = try graph.constant(rate)
        let keep = try graph.compare(.greaterOrEqual, noise, threshold)
        return try graph.multiply(
            graph.cast(keep, to: .float32), graph.constant(1 / (1 - rate)))
    }

    /// Numbers from [0, 1), new in every training step.
    mutating func uniformNoise(_ extents: [Int], seed: Int?, name: String) throws -> Value {
        try graph.randomUniform(
            Shape(extents), seed: UInt64(bitPattern: Int64(seed ?? 0)),
            stream: randomStream(name), counter: stepCounter())
    }

    /// Numbers from the standard normal distribution, new in every training step.
    mutating func normalNoise(_ extents: [Int], seed: Int?, name: String) throws -> Value {
        try graph.randomNormal(
            Shape(extents), seed: UInt64(bitPattern: Int64(seed ?? 0)),
            stream: randomStream(name), counter: stepCounter())
    }
}
