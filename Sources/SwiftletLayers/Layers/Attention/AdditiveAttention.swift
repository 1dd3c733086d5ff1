public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A mixture of the values for every query, weighted by `Σ scale · tanh(query + key)`.
///
/// Called like ``Attention``.
///
/// - SeeAlso: Bahdanau et al. 2014, arXiv:1409.0473.
public struct AdditiveAttention: Layer {
    public static let className = "AdditiveAttention"
    public var options: LayerOptions
    /// Whether there is a learned factor for every feature.
    public let scales: Bool
    private let dropout: Float
    private let seed: Int?

    public init(scales: Bool = true, dropout: Float = 0, name: String? = nil) {
        options = LayerOptions(name: name)
        self.scales = scales
        self.dropout = dropout
        seed = nil
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        scales = try config.bool("use_scale", default: true)
        dropout = try config.rate("dropout", default: 0)
        seed = try config.optionalInt("seed")
    }

    public var config: JSONObject {
        [
            "use_scale": .bool(scales), "dropout": .number(dropout),
            "seed": seed.map(JSON.int) ?? .null,
        ]
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        let call = try ScoredAttention(call, dropout: dropout, seed: seed, in: &lowering)
        var terms = try lowering.graph.unary(.tanh, call.pairs(in: &lowering.graph))
        if scales {
            let features = lowering.graph.shape(of: call.query).last ?? 0
            let scale = try lowering.weight("scale", [features], initializer: .glorotUniform)
            terms = try lowering.graph.multiply(terms, scale)
        }
        return try call.lower(lowering.graph.sum(terms, axes: [3]), in: &lowering)
    }
}
