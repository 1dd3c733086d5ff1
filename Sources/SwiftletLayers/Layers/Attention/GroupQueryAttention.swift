public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Multi-head attention in which several query heads share the key and the value of one head.
///
/// Called with query and value, and with a key where it is not the value:
/// `[batch, queries, features]` and `[batch, keys, features]` → `[batch, queries, features]`.
///
/// - SeeAlso: Ainslie et al. 2023, arXiv:2305.13245.
public struct GroupQueryAttention: Layer {
    public static let className = "GroupQueryAttention"
    public var storedClassName: String { "GroupedQueryAttention" }
    public var options: LayerOptions
    public let headSize: Int
    public let queryHeads: Int
    public let keyHeads: Int
    private let attention: AttentionOptions

    /// - Parameter keyHeads: must divide `queryHeads`.
    public init(
        headSize: Int, queryHeads: Int, keyHeads: Int, dropout: Float = 0, usesBias: Bool = true,
        usesGate: Bool = false, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.headSize = headSize
        self.queryHeads = queryHeads
        self.keyHeads = keyHeads
        var attention = AttentionOptions()
        attention.dropout = dropout
        attention.usesBias = usesBias
        attention.usesGate = usesGate
        self.attention = attention
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        options.activityRegularizer = nil
        headSize = try config.positiveInt("head_dim")
        queryHeads = try config.positiveInt("num_query_heads")
        keyHeads = try config.positiveInt("num_key_value_heads")
        attention = try AttentionOptions(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "head_dim": .int(headSize), "num_query_heads": .int(queryHeads),
            "num_key_value_heads": .int(keyHeads),
        ]
        attention.write(to: &config)
        return config
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        let call = try AttentionCall(call, takesQueryMask: true, in: &lowering)
        guard queryHeads % keyHeads == 0 else {
            throw ModelError.config(
                key: "num_query_heads", cause: "\(queryHeads) is no multiple of \(keyHeads) heads")
        }
        for input in [call.query, call.value, call.key] {
            let shape = lowering.graph.shape(of: input)
            guard shape.rank == 3 else {
                throw refusal("[batch, steps, features] expected, \(shape) found")
            }
        }
        /// `[batch, heads, steps, size]`
        func project(
            _ x: Value, _ heads: Int, _ name: String, activation: Activation = .linear,
            in lowering: inout Lowering
        ) throws -> Value {
            let y = try attention.project(
                x, to: [heads, headSize], name: name, group: "_\(name)_dense",
                activation: activation, in: &lowering)
            return try lowering.graph.transpose(y, permutation: [0, 2, 1, 3])
        }
        let query = try project(call.query, queryHeads, "query", in: &lowering)
        let key = try project(call.key, keyHeads, "key", in: &lowering)
        let gate =
            attention.usesGate
            ? try project(call.query, queryHeads, "gate", activation: .sigmoid, in: &lowering) : nil
        let value = try project(call.value, keyHeads, "value", in: &lowering)

        let shape = lowering.graph.shape(of: query).dimensions
        let keys = lowering.graph.shape(of: key).dimensions
        guard shape[0] == keys[0], lowering.graph.shape(of: value).dimensions == keys else {
            throw refusal("query \(shape), key \(keys) and value do not fit together")
        }
        let mask = try call.mask(slidingWindow: attention.slidingWindow, in: &lowering)
        var (output, scores) = try DotProductAttention(
            scale: 1 / Float(headSize).squareRoot(), dropout: attention.dropout,
            seed: attention.seed, zeroesHidden: attention.dropout > 0 || call.returnsScores
        ).lower(
            query, key, value, scoreShape: [shape[0], queryHeads, shape[2], keys[2]],
            mask: mask.map { try overHeads($0, in: &lowering.graph) }, in: &lowering)
        if let gate { output = try lowering.graph.multiply(output, gate) }
        output = try lowering.graph.transpose(output, permutation: [0, 2, 1, 3])
        let features = lowering.graph.shape(of: call.query).last ?? 0
        output = try attention.project(
            output, bound: 2, to: [features], name: "attention_output", group: "_output_dense",
            in: &lowering)
        lowering.setMask(lowering.mask(of: call.query), of: output)
        return [output] + (call.returnsScores ? [scores] : [])
    }

    /// `[…, queries, keys]` with an axis for the heads.
    private func overHeads(_ mask: Value, in graph: inout Graph) throws -> Value {
        let shape = graph.shape(of: mask).dimensions
        guard shape.count == 3 else { return mask }
        return try graph.reshape(mask, to: [shape[0], 1, shape[1], shape[2]])
    }
}
