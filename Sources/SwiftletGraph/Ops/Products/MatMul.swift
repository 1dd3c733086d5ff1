internal import CKernels
package import SwiftletTensor

/// `y = A · B` over the last two axes: `[…, m, k]` and `[…, k, n]` → `[…, m, n]`. The axes before
/// are broadcast. Each operand may be stored transposed.
package struct MatMul: Op {
    package let transposesA: Bool
    package let transposesB: Bool
    package let epilogue: Epilogue
    /// If set, B's shape; the operand itself is what ``PackMatrix`` made of it.
    package let packedShape: Shape?
    /// What the packed operand is held in.
    package let storage: WeightStorage

    package init(
        transposesA: Bool = false, transposesB: Bool = false, epilogue: Epilogue = .none,
        packedShape: Shape? = nil, storage: WeightStorage = .float32
    ) {
        self.transposesA = transposesA
        self.transposesB = transposesB
        self.epilogue = epilogue
        self.packedShape = packedShape
        self.storage = storage
    }

    package var name: String { "matmul" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let count = 2 + epilogue.operandCount
        try expect(inputs, count: count...count)
        try expectFloats(inputs, packed: storage)
        let a = inputs[0].shape
        let b = packedShape ?? inputs[1].shape
        guard let size = size(a, b), let batch = batch(a, b) else {
            throw refusal(
                "\(a)\(transposesA ? " transposed" : "") · \(b)\(transposesB ? " transposed" : "")")
        }
        if packedShape != nil,
            inputs[1] != TensorType(.vector(try packedCount(size)), storage.dtype)
        {
            throw refusal("a packed operand of another size found: \(inputs[1])")
        }
        let type = TensorType(try Shape(batch.dimensions + [size.m, size.n]))
        try epilogue.check(inputs, from: 2, columns: size.n, result: type, of: self)
        return [type]
    }

    /// The extents of one matrix product; nil if the operands do not fit.
    private func size(_ a: Shape, _ b: Shape) -> (m: Int, n: Int, k: Int)? {
        guard a.rank >= 2, b.rank >= 2 else { return nil }
        var (m, k) = (a[a.rank - 2], a[a.rank - 1])
        var (inner, n) = (b[b.rank - 2], b[b.rank - 1])
        if transposesA { swap(&m, &k) }
        if transposesB { swap(&inner, &n) }
        return k == inner ? (m, n, k) : nil
    }

    /// Whether one row meets so large a B that it is read once from where it lies, as fast as packed
    /// and without the time and memory that packing takes.
    func streams(_ operands: [TensorType]) -> Bool {
        let (a, b) = (operands[0].shape, operands[1].shape)
        return packedShape == nil && !transposesA && !transposesB && b.rank == 2
            && a.elementCount == b[0] && b.elementCount >= Self.leastStreamed && b[1] >= 64
    }

    /// Numbers in a B that is not worth packing for one row: too large for the third cache.
    private static let leastStreamed = 1 << 22

    private func batch(_ a: Shape, _ b: Shape) -> Shape? {
        guard let a = try? Shape(a.dimensions.dropLast(2)),
            let b = try? Shape(b.dimensions.dropLast(2)), packedShape == nil || b.rank == 0
        else { return nil }
        return a.broadcast(with: b)
    }

    private func packedCount(_ size: (m: Int, n: Int, k: Int)) throws -> Int {
        var product = sl_matmul()
        (product.n, product.k) = (size.n, size.k)
        return sl_matmul_packed_count(&product)
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        let k = size(inputs[0].shape, packedShape ?? inputs[1].shape)?.k ?? 0
        return outputs[0].shape.elementCount * k
    }

    package func kernel(inputs: [TensorType], outputs: [TensorType]) -> String {
        epilogue.describe(packedShape == nil ? "operands in place" : "packed" + storage.suffix)
    }

    /// Rows are those of A or matrices of a stack, as many in B as there are in A.
    package func sliced(_ rows: RowSlice) -> (any Op)? {
        let (a, b, result) = (rows.inputs[0].shape, rows.inputs[1].shape, rows.outputs[0].shape)
        guard rows.hasRows[0], epilogue.hasRows(rows, from: 2), a.rank == result.rank,
            a[0] == result[0], a.rank > 2 || !transposesA
        else { return nil }
        let fits =
            rows.hasRows[1]
            ? b.rank == result.rank && b.rank > 2 && b[0] == result[0]
            : b.rank <= 2 || b.rank < result.rank || b[0] == 1
        return fits ? self : nil
    }

    /// A sum over rows, as the derivatives of weights are, has addends.
    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        let isSum =
            transposesA && !transposesB && epilogue.isEmpty && packedShape == nil
            && rows.isOfAll && rows.inputs.allSatisfy { $0.rank == 2 }
            && rows.inputs[0].shape[0] == rows.inputs[1].shape[0]
        return isSum ? RankShare(self, of: rows.hasRows, [.addend]) : rows.share(of: self)
    }

    // MARK: Evaluation

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        threads * ThreadScratch.byteCount(floats: scratchCount)
    }

    private var scratchCount: Int {
        var product = sl_matmul()
        // Any address: only whether there is one counts.
        if packedShape != nil { product.packed = UnsafePointer(bitPattern: 64) }
        product.storage = storage.code
        return sl_matmul_scratch(&product)
    }

    package func evaluate(_ call: OpCall) {
        let (a, b) = (call.inputTypes[0].shape, packedShape ?? call.inputTypes[1].shape)
        let output = call.outputTypes[0].shape
        guard let (rows, n, k) = size(a, b), output.elementCount > 0 else { return }
        var m = rows
        var batch = output.elementCount / (m * n)
        // One product of all rows if B is the same for all of them.
        if b.rank == 2, !transposesA {
            m *= batch
            batch = 1
        }
        var whole = sl_matmul()
        (whole.m, whole.n, whole.k) = (m, n, k)
        (whole.a_row, whole.a_column) = transposesA ? (1, m) : (k, 1)
        (whole.b_row, whole.b_column) = transposesB ? (1, k) : (n, 1)
        whole.c_row = n
        whole.a = call.floats(0)
        if packedShape == nil { whole.b = call.floats(1) } else { whole.packed = call.floats(1) }
        whole.storage = storage.code
        whole.c = call.outputFloats()
        whole.epilogue = epilogue.lowered(call, from: 2)
        let threads = call.workers.count
        let parts = ProductParts(
            rows: m, panels: sl_panel_count(SL_CPU_ACTIVE, n),
            work: Double(m) * Double(n) * Double(k), threads: batch >= 4 * threads ? 1 : threads,
            isStream: streams(call.inputTypes))
        let scratch = ThreadScratch(call.scratch, floats: scratchCount)
        if let release = call.release, batch == 1, b.rank == 2, packedShape == nil, !transposesB,
            epilogue.isEmpty
        {
            return addBlocks(whole, call, releasing: release)
        }
        let fixed = whole
        call.workers.forEach(parts: batch * parts.count) { part, thread in
            var product = fixed
            let matrix = part / parts.count
            if batch > 1 {
                product.a += Self.offset(of: matrix, in: a, output)
                product.b += Self.offset(of: matrix, in: b, output)
                product.c += matrix * m * n
                if epilogue.hasResidual { product.epilogue.residual += matrix * m * n }
            }
            let (rows, panels) = parts[part % parts.count]
            sl_matmul_run(
                &product, rows.lowerBound, rows.upperBound, panels.lowerBound, panels.upperBound,
                scratch[thread])
        }
    }

    /// Multiplies one block of B's rows after the other, so that little of B is in memory at once.
    private func addBlocks(
        _ whole: sl_matmul, _ call: OpCall, releasing release: (Int, Range<Int>) -> Void
    ) {
        let scratch = ThreadScratch(call.scratch, floats: scratchCount)
        let rowBytes = whole.n * MemoryLayout<Float>.stride
        let length = max(1, sl_matmul_block(whole.k))
        for row in stride(from: 0, to: max(1, whole.k), by: length) {
            var block = whole
            block.k = min(length, whole.k - row)
            block.a += row * whole.a_column
            block.b += row * whole.n
            block.accumulate = row > 0
            sl_matmul_run(
                &block, 0, whole.m, 0, sl_panel_count(SL_CPU_ACTIVE, whole.n), scratch[0])
            release(1, row * rowBytes..<(row + block.k) * rowBytes)
        }
    }

    /// Where matrix number `matrix` of the result finds its operand in `shape`.
    private static func offset(of matrix: Int, in shape: Shape, _ output: Shape) -> Int {
        var rest = matrix
        var offset = 0
        var step = shape[shape.rank - 2] * shape[shape.rank - 1]
        for back in stride(from: 3, through: output.rank, by: 1) {
            let extent = output[output.rank - back]
            let index = rest % extent
            rest /= extent
            guard back <= shape.rank else { break }
            if shape[shape.rank - back] > 1 { offset += index * step }
            step *= shape[shape.rank - back]
        }
        return offset
    }

    // MARK: Gradient

    /// `Ā = ȳ · Bᵀ` and `B̄ = Aᵀ · ȳ`, each with the transpositions of the operands, summed over
    /// the axes along which the operand was repeated.
    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard epilogue.isEmpty, packedShape == nil else {
            throw GraphError.notDifferentiable(op: "fused \(name)")
        }
        guard let dy = outputGradients[0] else { return [nil, nil] }
        let (a, b) = (node.inputs[0], node.inputs[1])
        let da =
            transposesA
            ? try graph.matmul(b, dy, transposesA: transposesB, transposesB: true)
            : try graph.matmul(dy, b, transposesB: !transposesB)
        let (aShape, bShape) = (graph.shape(of: a), graph.shape(of: b))
        if bShape.rank == 2, aShape.rank > 2, !transposesA {
            // All rows share B: their contributions are summed by one product.
            let rows = aShape.count(of: ..<(aShape.rank - 1))
            let flatA = try graph.reshape(a, to: [rows, aShape[aShape.rank - 1]])
            let flatY = try graph.reshape(dy, to: [rows, graph.shape(of: dy).last ?? 0])
            return [da, try rightGradient(flatA, flatY, in: &graph)]
        }
        return [
            try graph.unbroadcast(da, to: aShape),
            try graph.unbroadcast(rightGradient(a, dy, in: &graph), to: bShape),
        ]
    }

    private func rightGradient(_ a: Value, _ dy: Value, in graph: inout Graph) throws -> Value {
        transposesB
            ? try graph.matmul(dy, a, transposesA: true, transposesB: transposesA)
            : try graph.matmul(a, dy, transposesA: !transposesA)
    }
}

extension Graph {
    /// The product over the last two axes of `a` and `b`; see ``MatMul``.
    package mutating func matmul(
        _ a: Value, _ b: Value, transposesA: Bool = false, transposesB: Bool = false
    ) throws -> Value {
        try apply(MatMul(transposesA: transposesA, transposesB: transposesB), a, b)
    }
}
