public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A learned vector for every whole number below `inputs`: `[batch, …]` → `[batch, …, outputs]`.
public struct Embedding: UnaryLayer {
    public static let className = "Embedding"
    public var options: LayerOptions
    /// Numbers that have a vector: 0 ..< `inputs`.
    public let inputs: Int
    /// The length of a vector.
    public let outputs: Int
    /// Whether 0 marks steps that do not count.
    public let masksZero: Bool
    private let embeddings: WeightOptions
    private let form: TableForm

    public init(
        _ inputs: Int, _ outputs: Int, masksZero: Bool = false,
        initializer: Initializer = .randomUniform(), regularizer: Regularizer? = nil,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.inputs = inputs
        self.outputs = outputs
        self.masksZero = masksZero
        embeddings = WeightOptions(initializer, regularizer: regularizer)
        form = .plain
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        inputs = try config.positiveInt("input_dim")
        outputs = try config.positiveInt("output_dim")
        masksZero = try config.bool("mask_zero", default: false)
        embeddings = try WeightOptions(config: config, "embeddings", default: .randomUniform())
        form = try TableForm(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = ["input_dim": .int(inputs), "output_dim": .int(outputs)]
        embeddings.write("embeddings", to: &config)
        config["mask_zero"] = .bool(masksZero)
        form.write(to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let table = try form.table(inputs, outputs, embeddings, in: &lowering)
        let indices = try lowering.graph.cast(x, to: .int32)
        let y = try table.lookup(indices, in: &lowering.graph)
        if masksZero {
            let zero = try lowering.graph.constant(Tensor(scalar: 0 as Int32))
            lowering.setMask(try lowering.graph.compare(.notEqual, indices, zero), of: y)
        }
        return y
    }
}
