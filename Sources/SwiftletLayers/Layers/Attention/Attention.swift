public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A mixture of the values for every query, weighted by the product of query and key.
///
/// Called with a list of query and value, and of a key where it is not the value:
/// `[batch, queries, features]`, `[batch, keys, size]` → `[batch, queries, size]`.
///
/// - SeeAlso: Luong et al. 2015, arXiv:1508.04025.
public struct Attention: Layer {
    /// How a query and a key give a score.
    public enum Score: String, Sendable, CaseIterable {
        /// `query · key`.
        case product = "dot"
        /// `weight · Σ tanh(query + key)`.
        case sum = "concat"
    }

    public static let className = "Attention"
    public var options: LayerOptions
    public let score: Score
    /// Whether there is a learned factor: of the product, or of the sum within the tanh.
    public let scales: Bool
    private let dropout: Float
    private let seed: Int?

    public init(
        score: Score = .product, scales: Bool = false, dropout: Float = 0, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.score = score
        self.scales = scales
        self.dropout = dropout
        seed = nil
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        score = try config.choice("score_mode", default: .product)
        scales = try config.bool("use_scale", default: false)
        dropout = try config.rate("dropout", default: 0)
        seed = try config.optionalInt("seed")
    }

    public var config: JSONObject {
        [
            "use_scale": .bool(scales), "score_mode": .string(score.rawValue),
            "dropout": .number(dropout), "seed": seed.map(JSON.int) ?? .null,
        ]
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        let call = try ScoredAttention(call, dropout: dropout, seed: seed, in: &lowering)
        let scale = scales ? try lowering.weight("scale", [], initializer: .ones) : nil
        let scores: Value
        switch score {
        case .product:
            let products = try lowering.graph.matmul(call.query, call.key, transposesB: true)
            scores = try scale.map { try lowering.graph.multiply(products, $0) } ?? products
        case .sum:
            let weight = try lowering.weight("concat_score_weight", [], initializer: .ones)
            var sums = try call.pairs(in: &lowering.graph)
            if let scale { sums = try lowering.graph.multiply(sums, scale) }
            let squashed = try lowering.graph.unary(.tanh, sums)
            scores = try lowering.graph.multiply(
                lowering.graph.sum(squashed, axes: [3]), weight)
        }
        return try call.lower(scores, in: &lowering)
    }
}

/// The parts of ``Attention`` and ``AdditiveAttention`` that do not depend on the score.
struct ScoredAttention {
    let query: Value
    let value: Value
    let key: Value
    private let queryMask: Value?
    private let valueMask: Value?
    private let isCausal: Bool
    private let returnsScores: Bool
    private let dropout: Float
    private let seed: Int?

    init(
        _ call: CallArguments<Value>, dropout: Float, seed: Int?, in lowering: inout Lowering
    ) throws {
        let inputs = call.inputs
        guard (2...3).contains(inputs.count),
            inputs.allSatisfy({ lowering.graph.shape(of: $0).rank == 3 })
        else {
            throw ModelError.config(
                key: "call",
                cause: "a list of [batch, steps, features] for query, value and perhaps key "
                    + "expected, \(inputs.map { lowering.graph.shape(of: $0) }) found")
        }
        query = inputs[0]
        value = inputs[1]
        key = inputs.count > 2 ? inputs[2] : inputs[1]
        if case .list(let given)? = call.argument(1, "mask") {
            queryMask = given.first?.leaf
            valueMask = given.dropFirst().first?.leaf
        } else {
            queryMask = lowering.mask(of: query)
            valueMask = lowering.mask(of: value)
        }
        returnsScores = call.flag(3, "return_attention_scores")
        isCausal = call.flag(4, "use_causal_mask")
        self.dropout = dropout
        self.seed = seed
    }

    /// The sum of every query and every key: `[batch, queries, keys, features]`.
    func pairs(in graph: inout Graph) throws -> Value {
        let (q, k) = (graph.shape(of: query).dimensions, graph.shape(of: key).dimensions)
        return try graph.add(
            graph.reshape(query, to: [q[0], q[1], 1, q[2]]),
            graph.reshape(key, to: [k[0], 1, k[1], k[2]]))
    }

    /// - Parameter scores: `[batch, queries, keys]`.
    func lower(_ scores: Value, in lowering: inout Lowering) throws -> [Value] {
        var scores = scores
        let shape = lowering.graph.shape(of: scores)
        if let mask = try mask(shape, in: &lowering) {
            let hidden = try lowering.graph.subtract(scores, lowering.graph.constant(1e9))
            scores = try lowering.graph.select(mask, scores, hidden)
        }
        let weights = try lowering.graph.softmax(scores, axis: -1)
        let dropped = try lowering.dropout(
            weights, rate: dropout, extents: shape.dimensions, seed: seed)
        var output = try lowering.graph.matmul(dropped, value)
        if let queryMask {
            let truth = try lowering.truth(of: queryMask)
            let extents = lowering.graph.shape(of: truth).dimensions
            output = try lowering.graph.select(
                lowering.graph.reshape(truth, to: extents + [1]), output,
                lowering.graph.constant(0))
            lowering.setMask(queryMask, of: output)
        }
        return [output] + (returnsScores ? [weights] : [])
    }

    private func mask(_ shape: Shape, in lowering: inout Lowering) throws -> Value? {
        let causal =
            isCausal ? try lowering.graph.band(shape[1], shape[2], isCausal: true) : nil
        guard let valueMask else { return causal }
        let truth = try lowering.truth(of: valueMask)
        let extents = lowering.graph.shape(of: truth).dimensions
        guard let steps = extents.last else { return causal }
        let row = try lowering.graph.reshape(truth, to: extents.dropLast() + [1, steps])
        return try causal.map { try lowering.graph.logicalAnd(row, $0) } ?? row
    }
}
