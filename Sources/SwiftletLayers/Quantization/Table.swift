internal import SwiftletGraph
internal import SwiftletTensor

/// A declared table of vectors, in whatever form; ``TableForm`` makes them.
struct Table {
    let form: TableForm
    /// The length of a vector.
    let columns: Int
    /// Whether vectors are columns.
    var isReversed = false
    /// float32, or bytes where the table is quantized.
    var numbers: Value?
    var scale: Value?
    var zero: Value?
    var groups: Value?
    /// What is added to a quantized table.
    var change: Value?

    init(form: TableForm, columns: Int, isReversed: Bool = false) {
        self.form = form
        self.columns = columns
        self.isReversed = isReversed
    }

    private func part(_ value: Value?) throws -> Value {
        guard let value else {
            throw ModelError.weight(path: "embeddings", cause: "is missing")
        }
        return value
    }

    /// The vectors at the given places.
    func lookup(_ indices: Value, in graph: inout Graph) throws -> Value {
        let rows = try graph.gather(part(numbers), indices)
        guard form.kind != nil else { return rows }
        let scales = try graph.gather(part(scale), indices)
        var vectors = try dequantized(
            rows, scale: scales, zero: zero.map { try graph.gather($0, indices) }, in: &graph)
        if let change {
            vectors = try graph.add(vectors, graph.gather(change, indices))
        }
        return vectors
    }

    /// The whole quantized table as float32, without the change.
    func dequantized(in graph: inout Graph) throws -> Value {
        try dequantized(part(numbers), scale: part(scale), zero: zero, in: &graph)
    }

    private func dequantized(
        _ stored: Value, scale: Value, zero: Value?, in graph: inout Graph
    ) throws -> Value {
        let numbers = try whole(stored, in: &graph)
        let axis = isReversed ? 0 : graph.shape(of: numbers).rank - 1
        if let zero, let groups {
            return try graph.dequantized(
                numbers, scale: scale, zero: zero, groups: groups, axis: axis)
        }
        guard !isReversed else { return try graph.divide(numbers, scale) }
        return try graph.divide(
            numbers, graph.reshape(scale, to: graph.shape(of: scale).dimensions + [1]))
    }

    /// The whole numbers as float32, of bytes or half bytes.
    private func whole(_ stored: Value, in graph: inout Graph) throws -> Value {
        guard case .int4 = form.kind else { return try graph.cast(stored, to: .float32) }
        let axis = isReversed ? 0 : graph.shape(of: stored).rank - 1
        return try Nibbles.unpacked(stored, axis: axis, count: columns, in: &graph)
    }

    /// The products of vectors with those of the table: `[n, columns]` → `[n, rows]`.
    ///
    /// Where vectors are rounded they have, as in Keras, the derivatives of their scales alone.
    func scores(_ x: Value, in graph: inout Graph) throws -> Value {
        let numbers = try part(numbers)
        guard form.kind != nil else {
            return try graph.matmul(x, numbers, transposesB: !isReversed)
        }
        guard let inputs = form.inputs else {
            return try graph.matmul(x, dequantized(in: &graph), transposesB: !isReversed)
        }
        let shape = graph.shape(of: x)
        if zero == nil {
            let bytes = try graph.cast(whole(numbers, in: &graph), to: .int8)
            let rows = graph.shape(of: bytes)[isReversed ? 1 : 0]
            let axes = KernelAxes(
                input: ["n", "d"], kernel: isReversed ? ["d", "v"] : ["v", "d"],
                output: ["n", "v"], extents: ["n": shape[0], "d": columns, "v": rows],
                isMatrix: true)
            return try graph.surrogate(
                axes.roundedProduct(x, by: inputs, bytes, part(scale), in: &graph),
                derivedAs: axes.derivableProduct(x, by: inputs, bytes, part(scale), in: &graph))
        }
        let (rounded, along) = try inputs.quantized(x, axes: [1], in: &graph)
        let product = try graph.matmul(
            rounded, dequantized(in: &graph), transposesB: !isReversed)
        return try graph.divide(product, along)
    }
}
