public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Multiplies by normal noise of mean 1 while training.
///
/// - SeeAlso: Srivastava et al. 2014, section 10.
public struct GaussianDropout: UnaryLayer {
    public static let className = "GaussianDropout"
    public var options: LayerOptions
    public let rate: Float
    private let seed: Int?
    public var supportsMasking: Bool { true }

    /// - Parameter rate: of a dropout with the same variance, 0 to 1 (exclusive).
    public init(_ rate: Float, name: String? = nil) {
        options = LayerOptions(name: name)
        self.rate = rate
        seed = nil
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        rate = try config.rate("rate")
        seed = try config.optionalInt("seed")
    }

    public var config: JSONObject {
        ["rate": .number(rate), "seed": seed.map(JSON.int) ?? .null]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining, rate > 0 else { return x }
        let noise = try lowering.normalNoise(
            lowering.graph.shape(of: x).dimensions, seed: seed, name: "noise")
        let deviation = (rate / (1 - rate)).squareRoot()
        let factors = try lowering.graph.add(
            lowering.graph.multiply(noise, lowering.graph.constant(deviation)),
            lowering.graph.constant(1))
        return try lowering.graph.multiply(x, factors)
    }
}
