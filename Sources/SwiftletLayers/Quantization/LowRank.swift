internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// A trained change of low rank to a kernel that is kept as it is (LoRA):
/// `kernel + alpha / rank · a · b`, with `a` like the kernel but `rank` along the last axis and `b`
/// `[rank, last axis]`.
///
/// Keras 3's own stores hold the sum alone, and begin with zeros for `a` and `b` when they are
/// read; legacy files hold all three.
///
/// - SeeAlso: Hu et al. 2021, arXiv:2106.09685.
struct LowRank: Sendable, Hashable {
    let rank: Int
    let alpha: Double

    /// Reads `lora_rank` and `lora_alpha`; nil where there is no rank.
    init?(config: LayerConfig) throws {
        guard config.value("lora_rank") != nil else { return nil }
        let rank = try config.int("lora_rank")
        guard rank != 0 else { return nil }
        self.rank = try config.positiveInt("lora_rank")
        alpha = try config.double("lora_alpha", default: Double(rank))
    }

    func write(to config: inout JSONObject) {
        config["lora_rank"] = .int(rank)
        config["lora_alpha"] = Int(exactly: alpha).map(JSON.int) ?? .double(alpha)
    }

    /// Keras refuses a constraint beside it.
    func check(_ options: WeightOptions, _ name: String) throws {
        guard options.constraint == nil else {
            throw ModelError.config(
                key: "lora_rank", cause: "a change of low rank excludes a \(name)_constraint")
        }
    }

    /// Declares `a` and `b` behind the weight that they change and gives the change, of its shape.
    ///
    /// - Parameters:
    ///   - shape: of the weight.
    ///   - merge: what the stores hold instead, by the weights' paths.
    func change(
        of name: String, _ shape: [Int], _ regularizer: Regularizer?, merge: @escaping StoreMerge,
        in lowering: inout Lowering
    ) throws -> Value {
        let last = shape.last ?? 1
        var traits = WeightTraits()
        traits.merge = merge
        let a = try lowering.weight(
            "lora_\(name)_a", shape.dropLast() + [rank], initializer: .heUniform,
            regularizer: regularizer, traits: traits)
        let b = try lowering.weight(
            "lora_\(name)_b", [rank, last], regularizer: regularizer, traits: traits)
        return try product(a, b, shape, in: &lowering.graph)
    }

    /// `alpha / rank · a · b`, of the given shape.
    func product(_ a: Value, _ b: Value, _ shape: [Int], in graph: inout Graph) throws -> Value {
        let rows = try Shape(Array(shape.dropLast())).elementCount
        let product = try graph.matmul(graph.reshape(a, to: [rows, rank]), b)
        return try graph.reshape(graph.scale(product, by: Float(alpha / Double(rank))), to: shape)
    }

    /// The weight as it is used, where it is kept in float32: it is not trained itself.
    func changed(
        _ name: String, _ shape: [Int], _ options: WeightOptions, fans: [Int]? = nil,
        before others: (inout Lowering) throws -> Void = { _ in }, in lowering: inout Lowering
    ) throws -> Value {
        try check(options, name)
        let weight = try lowering.weight(
            name, shape, initializer: options.initializer, regularizer: options.regularizer,
            fans: fans, isTrainable: false)
        try others(&lowering)
        let (own, a, b) = (
            lowering.place(of: name), lowering.place(of: "lora_\(name)_a"),
            lowering.place(of: "lora_\(name)_b")
        )
        let change = try change(
            of: name, shape, options.regularizer,
            merge: { tensor in
                let sum = try Graph.evaluated { graph in
                    let delta = try product(
                        graph.constant(tensor(a)), graph.constant(tensor(b)), shape, in: &graph)
                    return [try graph.add(graph.constant(tensor(own)), delta)]
                }
                return [own: sum[0]]
            }, in: &lowering)
        return try lowering.graph.add(weight, change)
    }
}
