public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// An ``Embedding`` that also works the other way: called with `reverse` it maps vectors to a score
/// for every number, `[batch, …, outputs]` → `[batch, …, inputs]`.
///
/// - SeeAlso: Press & Wolf 2016, arXiv:1608.05859.
public struct ReversibleEmbedding: Layer {
    public static let className = "ReversibleEmbedding"
    public var options: LayerOptions
    /// Numbers that have a vector: 0 ..< `inputs`.
    public let inputs: Int
    /// The length of a vector.
    public let outputs: Int
    /// Whether both ways use one table.
    public let tiesWeights: Bool
    private let masksZero: Bool
    /// Keeps scores within ±this by a tanh.
    private let softCap: Float?
    private let embeddings: WeightOptions
    private let form: TableForm
    /// What the reverse product is computed in; here always float32.
    private let reverseDType: JSON

    public init(
        _ inputs: Int, _ outputs: Int, tiesWeights: Bool = true, masksZero: Bool = false,
        initializer: Initializer = .randomUniform(), softCap: Float? = nil, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.inputs = inputs
        self.outputs = outputs
        self.tiesWeights = tiesWeights
        self.masksZero = masksZero
        self.softCap = softCap
        embeddings = WeightOptions(initializer)
        form = .plain
        reverseDType = .null
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        inputs = try config.positiveInt("input_dim")
        outputs = try config.positiveInt("output_dim")
        tiesWeights = try config.bool("tie_weights", default: true)
        masksZero = try config.bool("mask_zero", default: false)
        softCap = try config.optionalFloat("logit_soft_cap")
        embeddings = try WeightOptions(config: config, "embeddings", default: .randomUniform())
        reverseDType = config.json["reverse_dtype"] ?? .null
        form = try TableForm(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = ["input_dim": .int(inputs), "output_dim": .int(outputs)]
        embeddings.write("embeddings", to: &config)
        config["mask_zero"] = .bool(masksZero)
        config["tie_weights"] = .bool(tiesWeights)
        config["reverse_dtype"] = reverseDType
        config["logit_soft_cap"] = softCap.map(JSON.number) ?? .null
        form.write(to: &config)
        return config
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard call.inputs.count == 1, let x = call.inputs.first else {
            throw refusal("one input expected, \(call.inputs.count) found")
        }
        let table = try form.table(inputs, outputs, embeddings, in: &lowering)
        let back =
            tiesWeights
            ? table
            : try form.reverseTable(inputs, outputs, embeddings.initializer, in: &lowering)
        if call.flag(1, "reverse") { return [try scores(x, back, in: &lowering)] }
        let indices = try lowering.graph.cast(x, to: .int32)
        let y = try table.lookup(indices, in: &lowering.graph)
        if masksZero {
            let zero = try lowering.graph.constant(Tensor(scalar: 0 as Int32))
            lowering.setMask(try lowering.graph.compare(.notEqual, indices, zero), of: y)
        }
        return [y]
    }

    private func scores(
        _ x: Value, _ table: Table, in lowering: inout Lowering
    ) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank >= 2, shape.last == outputs else {
            throw refusal("vectors of length \(outputs) expected, shape \(shape) found")
        }
        let rows = try lowering.graph.reshape(
            x, to: [shape.count(of: ..<(shape.rank - 1)), outputs])
        var y = try table.scores(rows, in: &lowering.graph)
        if let softCap {
            let cap = try lowering.graph.constant(softCap)
            y = try lowering.graph.multiply(
                lowering.graph.unary(.tanh, lowering.graph.divide(y, cap)), cap)
        }
        return try lowering.graph.reshape(y, to: shape.dimensions.dropLast() + [inputs])
    }
}
