public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Dropout for SELU networks: keeps mean and variance of the inputs.
///
/// - SeeAlso: Klambauer et al. 2017, arXiv:1706.02515.
public struct AlphaDropout: UnaryLayer {
    public static let className = "AlphaDropout"
    public var options: LayerOptions
    public let rate: Float
    private let noiseShape: [Int?]?
    private let seed: Int?
    public var supportsMasking: Bool { true }

    /// SELU's value far below zero.
    private static let saturation: Float = -1.6732632423543772 * 1.0507009873554805

    /// - Parameter rate: the share that is dropped, 0 to 1 (exclusive).
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
        guard lowering.isTraining, rate > 0 else { return x }
        let shape = lowering.graph.shape(of: x).dimensions
        let extents = noiseShape.map { zip($0, shape).map { $0 ?? $1 } } ?? shape
        let noise = try lowering.uniformNoise(extents, seed: seed, name: "dropout")
        let keep = try lowering.graph.compare(
            .greaterOrEqual, noise, lowering.graph.constant(rate))
        let saturation = Self.saturation
        let scale = 1 / ((1 - rate) * (1 + rate * saturation * saturation)).squareRoot()
        // x kept: scale · x + shift; x dropped: scale · saturation + shift.
        let kept = try lowering.graph.cast(keep, to: .float32)
        let dropped = try lowering.graph.multiply(
            lowering.graph.subtract(lowering.graph.constant(1), kept),
            lowering.graph.constant(saturation))
        let mixed = try lowering.graph.add(lowering.graph.multiply(x, kept), dropped)
        let scaled = try lowering.graph.multiply(mixed, lowering.graph.constant(scale))
        return try lowering.graph.add(
            scaled, lowering.graph.constant(-scale * saturation * rate))
    }
}
