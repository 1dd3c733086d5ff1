internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// What a multi-head attention layer is called with.
struct AttentionCall {
    let query: Value
    let value: Value
    let key: Value
    /// Which queries, values and keys count: bool `[batch, steps]`.
    let queryMask: Value?
    let valueMask: Value?
    let keyMask: Value?
    /// What may be attended to: bool, `[batch, queries, keys]` and the like.
    let attentionMask: Value?
    let returnsScores: Bool
    let isCausal: Bool

    /// - Parameter takesQueryMask: whether an explicit `query_mask` counts, or only the one that
    ///   comes with the query.
    init(
        _ call: CallArguments<Value>, takesQueryMask: Bool, in lowering: inout Lowering
    ) throws {
        let inputs = call.inputs
        // A list of query, value and perhaps key, or separate arguments.
        let listed = inputs.count > 1 ? inputs : []
        guard let query = inputs.first, inputs.count <= 3,
            let value = listed.dropFirst().first ?? call.argument(1, "value")?.leaf
        else {
            throw ModelError.config(key: "call", cause: "a query and a value expected")
        }
        let ownKey = listed.dropFirst(2).first ?? call.argument(2, "key")?.leaf
        self.query = query
        self.value = value
        key = ownKey ?? value
        queryMask =
            (takesQueryMask ? call.argument(3, "query_mask")?.leaf : nil)
            ?? lowering.mask(of: query)
        valueMask = call.argument(4, "value_mask")?.leaf ?? lowering.mask(of: value)
        keyMask =
            call.argument(5, "key_mask")?.leaf ?? ownKey.flatMap { lowering.mask(of: $0) }
        attentionMask = try call.argument(6, "attention_mask")?.leaf.map {
            try lowering.truth(of: $0)
        }
        returnsScores = call.flag(7, "return_attention_scores")
        isCausal = call.flag(9, "use_causal_mask")
    }

    /// All masks as one, `[batch, queries, keys]`; nil if everything may be attended to.
    func mask(slidingWindow: Int?, in lowering: inout Lowering) throws -> Value? {
        var mask: Value?
        func add(_ other: Value, _ lowering: inout Lowering) throws {
            mask = try mask.map { try lowering.graph.logicalAnd($0, other) } ?? other
        }
        if let queryMask {
            let truth = try lowering.truth(of: queryMask)
            let extents = lowering.graph.shape(of: truth).dimensions
            try add(lowering.graph.reshape(truth, to: extents + [1]), &lowering)
        }
        for rowMask in [valueMask, keyMask].compactMap({ $0 }) {
            let truth = try lowering.truth(of: rowMask)
            let extents = lowering.graph.shape(of: truth).dimensions
            guard let steps = extents.last else { continue }
            try add(lowering.graph.reshape(truth, to: extents.dropLast() + [1, steps]), &lowering)
        }
        if isCausal || slidingWindow != nil {
            let queries = lowering.graph.shape(of: query).dimensions
            let values = lowering.graph.shape(of: value).dimensions
            guard queries.count > 1, values.count > 1 else {
                throw ModelError.config(key: "call", cause: "[batch, steps, …] expected")
            }
            let band = try lowering.graph.band(
                queries[1], values[1], isCausal: isCausal, window: slidingWindow)
            try add(band, &lowering)
        }
        if let attentionMask { try add(attentionMask, &lowering) }
        return mask
    }
}

extension CallArguments {
    /// Whether an argument is true.
    func flag(_ position: Int, _ name: String) -> Bool {
        guard case .literal(let value)? = argument(position, name) else { return false }
        return value.bool ?? value.int.map { $0 != 0 } ?? false
    }
}

extension Lowering {
    /// A mask as bool.
    mutating func truth(of mask: Value) throws -> Value {
        guard graph[mask].dtype != .bool else { return mask }
        return try graph.compare(
            .notEqual, graph.cast(mask, to: .float32), graph.constant(0))
    }
}

extension Graph {
    /// Which keys each query may attend to by their places: bool `[1, queries, keys]`.
    ///
    /// - Parameters:
    ///   - isCausal: nothing behind the query.
    ///   - window: nothing that is this many steps away or more.
    mutating func band(
        _ queries: Int, _ keys: Int, isCausal: Bool, window: Int? = nil
    ) throws -> Value {
        // Two vectors of places: the whole mask is made only where it is computed.
        let rows = try constant(
            Tensor(shape: Shape([1, queries, 1])) { Float($0) })
        let columns = try constant(
            Tensor(shape: Shape([1, 1, keys])) { Float($0) })
        let causal = isCausal ? try compare(.greaterOrEqual, rows, columns) : nil
        guard let window else {
            return try causal ?? compare(.equal, columns, columns)
        }
        let distance = try unary(.abs, subtract(rows, columns))
        let near = try compare(.less, distance, constant(Float(window)))
        return try causal.map { try logicalAnd($0, near) } ?? near
    }
}
