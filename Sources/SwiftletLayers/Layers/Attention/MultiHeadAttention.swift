public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Every query step takes a mixture of the value steps, weighted by how its key fits them, in
/// several heads at once.
///
/// Called with query and value, and with a key where it is not the value:
/// `[batch, queries, features]` and `[batch, keys, features]` → `[batch, queries, features]`. With
/// `attentionAxes` the steps may lie along other or several axes.
///
/// - SeeAlso: Vaswani et al. 2017, arXiv:1706.03762.
public struct MultiHeadAttention: Layer {
    public static let className = "MultiHeadAttention"
    public var options: LayerOptions
    public let heads: Int
    /// The size of queries and keys in each head.
    public let keySize: Int
    /// The size of values in each head.
    public let valueSize: Int
    /// The result's last extents; nil for the query's.
    private let outputShape: [Int]?
    /// The axes of steps, the batch being 0; nil for all between the batch and the features.
    private let attentionAxes: [Int]?
    private let attention: AttentionOptions

    public init(
        heads: Int, keySize: Int, valueSize: Int? = nil, dropout: Float = 0, usesBias: Bool = true,
        outputSize: Int? = nil, attentionAxes: [Int]? = nil, usesGate: Bool = false,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.heads = heads
        self.keySize = keySize
        self.valueSize = valueSize ?? keySize
        outputShape = outputSize.map { [$0] }
        self.attentionAxes = attentionAxes
        var attention = AttentionOptions()
        attention.dropout = dropout
        attention.usesBias = usesBias
        attention.usesGate = usesGate
        self.attention = attention
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        options.activityRegularizer = nil
        heads = try config.positiveInt("num_heads")
        keySize = try config.positiveInt("key_dim")
        valueSize = try config.positiveInt("value_dim", default: keySize)
        let shape = try config.value("output_shape").map { _ in try config.intList("output_shape") }
        outputShape = shape?.isEmpty == true ? nil : shape
        attentionAxes = try config.value("attention_axes").map { _ in
            try config.intList("attention_axes")
        }
        attention = try AttentionOptions(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "num_heads": .int(heads), "key_dim": .int(keySize), "value_dim": .int(valueSize),
            "output_shape": outputShape.map { .array($0.map(JSON.int)) } ?? .null,
            "attention_axes": attentionAxes.map { .array($0.map(JSON.int)) } ?? .null,
        ]
        attention.write(to: &config)
        return config
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        let call = try AttentionCall(call, takesQueryMask: false, in: &lowering)
        func project(
            _ x: Value, _ size: Int, _ name: String, group: String? = nil,
            activation: Activation = .linear, in lowering: inout Lowering
        ) throws -> Value {
            try attention.project(
                x, to: [heads, size], name: name, group: group ?? name + "_dense",
                activation: activation, in: &lowering)
        }
        let query = try project(call.query, keySize, "query", in: &lowering)
        let key = try project(call.key, keySize, "key", in: &lowering)
        let gate =
            attention.usesGate
            ? try project(
                call.query, valueSize, "gate", group: "_gate_dense", activation: .sigmoid,
                in: &lowering) : nil
        let value = try project(call.value, valueSize, "value", in: &lowering)

        let steps = try Steps(
            attentionAxes, query: lowering.graph.shape(of: query).dimensions,
            value: lowering.graph.shape(of: value).dimensions, refusal)
        let mask = try call.mask(slidingWindow: attention.slidingWindow, in: &lowering).map {
            try steps.expanded($0, in: &lowering.graph)
        }
        // Keras 3 has a path of its own for the usual case.
        let isUsual =
            attention.dropout == 0 && !call.returnsScores
            && lowering.graph.shape(of: query).rank == 4
        var (output, scores) = try DotProductAttention(
            scale: 1 / Float(keySize).squareRoot(), dropout: attention.dropout,
            seed: attention.seed, zeroesHidden: options.maskRule == .loose && !isUsual
        ).lower(
            steps.flattened(query, in: &lowering.graph), steps.flattened(key, in: &lowering.graph),
            steps.flattened(value, in: &lowering.graph), scoreShape: steps.scoreShape, mask: mask,
            in: &lowering)
        output = try steps.restored(output, in: &lowering.graph)
        if let gate { output = try lowering.graph.multiply(output, gate) }
        let features = lowering.graph.shape(of: call.query).last ?? 0
        output = try attention.project(
            output, bound: 2, to: outputShape ?? [features], name: "attention_output",
            group: "output_dense", in: &lowering)
        if options.maskRule == .loose {
            // Keras 3 heeds the masks here and takes them off its inputs: whoever uses these
            // afterwards sees none.
            for input in [call.query, call.key, call.value] { lowering.setMask(nil, of: input) }
        }
        lowering.setMask(call.queryMask, of: output)
        return [output] + (call.returnsScores ? [scores] : [])
    }
}

/// How the axes of projected queries, keys and values are brought together: those that go along,
/// with the heads as the last of them, then all steps as one, then a head's features.
private struct Steps {
    /// The axes that go along, then those of the steps, then the features.
    private let order: [Int]
    private let along: Int
    private let queries: [Int]
    private let keys: [Int]
    private let batch: [Int]

    /// The scores' shape: what goes along, the queries' steps, the keys' steps.
    var scoreShape: [Int] { batch + queries + keys }

    init(
        _ given: [Int]?, query: [Int], value: [Int], _ refusal: (String) -> ModelError
    ) throws {
        let rank = query.count
        guard rank >= 4, value.count == rank else {
            throw refusal(
                "query and value need [batch, steps, …, features] with the same number of axes")
        }
        let axes = (given ?? Array(1..<rank - 2)).map { $0 < 0 ? $0 + rank - 1 : $0 }
        guard !axes.isEmpty, Set(axes).count == axes.count,
            axes.allSatisfy((1..<rank - 2).contains)
        else { throw refusal("attention_axes \(given ?? []) are not axes of steps") }
        let others = (0..<rank - 1).filter { !axes.contains($0) }
        order = others + axes + [rank - 1]
        along = others.count
        queries = axes.map { query[$0] }
        keys = axes.map { value[$0] }
        batch = others.map { query[$0] }
        guard batch == others.map({ value[$0] }) else {
            throw refusal("query \(query) and value \(value) differ beside their steps")
        }
    }

    /// `[…, steps, size]` with the heads before the steps.
    func flattened(_ x: Value, in graph: inout Graph) throws -> Value {
        let y = try graph.transpose(x, permutation: order)
        let shape = graph.shape(of: y).dimensions
        let steps = shape[along..<shape.count - 1].reduce(1, *)
        return try graph.reshape(y, to: shape[..<along] + [steps, shape[shape.count - 1]])
    }

    /// The inverse of ``flattened(_:in:)`` for results, which have the queries' steps.
    func restored(_ x: Value, in graph: inout Graph) throws -> Value {
        let size = graph.shape(of: x).last ?? 0
        let y = try graph.reshape(x, to: batch + queries + [size])
        return try graph.transpose(
            y, permutation: order.indices.compactMap { order.firstIndex(of: $0) })
    }

    /// A mask with axes put in before those of the steps, so that it fits the scores.
    func expanded(_ mask: Value, in graph: inout Graph) throws -> Value {
        let shape = graph.shape(of: mask).dimensions
        let place = shape.count - queries.count - keys.count
        guard shape.count < scoreShape.count else { return mask }
        guard place >= 0 else {
            throw ModelError.config(
                key: "mask", cause: "shape \(shape) does not fit scores of shape \(scoreShape)")
        }
        let ones = [Int](repeating: 1, count: scoreShape.count - shape.count)
        return try graph.reshape(mask, to: shape[..<place] + ones + shape[place...])
    }
}
