internal import CKernels
package import SwiftletTensor

/// How a row of numbers is rounded to bytes: `round(x · s)` within bounds, with
/// `s = largest / (max |x| + epsilon)`.
package struct RowRounding: Sendable, Hashable {
    package let lowest: Float
    package let largest: Float
    package let epsilon: Float

    /// - Parameter lowest: like `largest` from −128 to 127.
    package init(lowest: Float, largest: Float, epsilon: Float) {
        self.lowest = lowest
        self.largest = largest
        self.epsilon = epsilon
    }
}

/// `y = (rounded x) · B / (scale · s)` over the last axis: `[…, k]`, bytes `[k, n]` (or `[n, k]`) and
/// `[n]` → `[…, n]`, where each row of `x` is rounded to bytes by its own scale `s`; see
/// ``RowRounding``. Products of bytes are added up as int32, which wraps around.
///
/// What has no derivative: in training another product stands for it, see ``Surrogate``.
package struct RoundedProduct: Op {
    package let rounding: RowRounding
    package let transposesB: Bool
    package let epilogue: Epilogue
    /// If set, B's shape; the operand itself is what ``PackBytes`` made of it.
    package let packedShape: Shape?

    package init(
        _ rounding: RowRounding, transposesB: Bool = false, epilogue: Epilogue = .none,
        packedShape: Shape? = nil
    ) {
        self.rounding = rounding
        self.transposesB = transposesB
        self.epilogue = epilogue
        self.packedShape = packedShape
    }

    package var name: String { "rounded_product" }
    /// x, B and B's scales; those of the epilogue follow.
    package var operandCount: Int { 3 }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let count = operandCount + epilogue.operandCount
        try expect(inputs, count: count...count)
        guard inputs.indices.allSatisfy({ inputs[$0].dtype == ($0 == 1 ? .int8 : .float32) }) else {
            throw refusal("float32 operands and bytes expected")
        }
        let (x, b) = (inputs[0].shape, packedShape ?? inputs[1].shape)
        guard let (k, n) = extents(of: b), x.rank > 0, x[x.rank - 1] == k else {
            throw refusal("\(x) · \(b)\(transposesB ? " transposed" : "")")
        }
        guard inputs[2].shape == .vector(n) else {
            throw refusal("\(n) scales expected, \(inputs[2]) found")
        }
        if packedShape != nil, inputs[1].shape != .vector(PackBytes.size(k: k, n: n)) {
            throw refusal("a packed operand of another size found: \(inputs[1])")
        }
        let type = TensorType(try x.replacing(axis: x.rank - 1, with: n))
        try epilogue.check(inputs, from: operandCount, columns: n, result: type, of: self)
        return [type]
    }

    private func extents(of b: Shape) -> (k: Int, n: Int)? {
        guard b.rank == 2 else { return nil }
        return transposesB ? (b[1], b[0]) : (b[0], b[1])
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        outputs[0].elementCount * (inputs[0].shape.last ?? 0)
    }

    package func kernel(inputs: [TensorType], outputs: [TensorType]) -> String {
        epilogue.describe("int8 \(String(cString: sl_byte_kernel(SL_CPU_ACTIVE)))")
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        rows.inputs[0].rank > 1 && rows.hasRows[..<operandCount] == [true, false, false]
            && epilogue.hasRows(rows, from: operandCount) ? self : nil
    }

    // MARK: Evaluation

    private func lowered(_ inputs: [TensorType]) -> sl_byte_product {
        var product = sl_byte_product()
        let b = packedShape ?? inputs[1].shape
        let (k, n) = extents(of: b) ?? (0, 0)
        product.m = inputs[0].shape.count(of: ..<(inputs[0].rank - 1))
        (product.n, product.k, product.a_row, product.c_row) = (n, k, k, n)
        (product.b_row, product.b_column) = transposesB ? (1, k) : (n, 1)
        (product.lowest, product.largest) = (rounding.lowest, rounding.largest)
        product.epsilon = rounding.epsilon
        return product
    }

    private static func aligned(_ bytes: Int) -> Int { (bytes + 63) & -64 }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        var product = lowered(inputs)
        let packed = packedShape == nil ? Self.aligned(sl_byte_packed_size(&product)) : 0
        return packed + sl_byte_rows_size(&product)
    }

    package func evaluate(_ call: OpCall) {
        var whole = lowered(call.inputTypes)
        guard whole.m > 0, whole.n > 0 else { return }
        whole.a = call.floats(0)
        whole.scale = call.floats(2)
        whole.c = call.outputFloats()
        whole.epilogue = epilogue.lowered(call, from: operandCount)
        let panels = sl_byte_panels(&whole)
        var rows = call.scratch
        if packedShape == nil {
            whole.b = call.input(1).assumingMemoryBound(to: Int8.self)
            PackBytes.pack(whole, into: call.scratch, workers: call.workers)
            whole.packed = UnsafeRawPointer(call.scratch)
            rows += Self.aligned(sl_byte_packed_size(&whole))
        } else {
            whole.packed = call.input(1)
        }
        let (fixed, rounded) = (whole, rows)
        call.workers.forEach(count: whole.m, grain: max(1, (1 << 15) / max(1, whole.k))) { range in
            var product = fixed
            sl_byte_round(&product, range.lowerBound, range.upperBound, rounded)
        }
        let work = Double(whole.m) * Double(whole.n) * Double(whole.k)
        // Products of bytes take a fraction of the time of others.
        let parts = ProductParts(
            rows: whole.m, panels: panels, work: work / 4, threads: call.workers.count)
        call.workers.forEach(parts: parts.count) { part in
            var product = fixed
            let (rows, panels) = parts[part]
            sl_byte_run(
                &product, rows.lowerBound, rows.upperBound, panels.lowerBound, panels.upperBound,
                rounded)
        }
    }
}

/// A constant matrix of bytes in the order in which ``RoundedProduct`` reads it. Its layout never
/// leaves the process.
package struct PackBytes: Op {
    /// Whether the matrix is stored as `[n, k]`.
    package let isTransposed: Bool

    package init(isTransposed: Bool = false) {
        self.isTransposed = isTransposed
    }

    package var name: String { "pack_bytes" }

    static func size(k: Int, n: Int) -> Int {
        var product = sl_byte_product()
        (product.k, product.n) = (k, n)
        return sl_byte_packed_size(&product)
    }

    static func pack(
        _ product: sl_byte_product, into packed: UnsafeMutableRawPointer, workers: Workers
    ) {
        var whole = product
        let panels = sl_byte_panels(&whole)
        workers.forEach(count: panels, grain: max(1, panels / 8)) { range in
            var product = product
            sl_byte_pack(&product, range.lowerBound, range.upperBound, packed)
        }
    }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .int8, inputs[0].rank == 2 else {
            throw refusal("a matrix of bytes expected, \(inputs[0]) found")
        }
        let product = product(of: inputs[0].shape)
        return [TensorType(.vector(Self.size(k: product.k, n: product.n)), .int8)]
    }

    package func evaluate(_ call: OpCall) {
        var product = product(of: call.inputTypes[0].shape)
        product.b = call.input(0).assumingMemoryBound(to: Int8.self)
        Self.pack(product, into: call.output(), workers: call.workers)
    }

    private func product(of shape: Shape) -> sl_byte_product {
        var product = sl_byte_product()
        (product.k, product.n) = isTransposed ? (shape[1], shape[0]) : (shape[0], shape[1])
        (product.b_row, product.b_column) = isTransposed ? (1, shape[1]) : (shape[1], 1)
        return product
    }
}

extension RoundedProduct: ProductOp {
    package func with(_ epilogue: Epilogue) -> RoundedProduct {
        RoundedProduct(
            rounding, transposesB: transposesB, epilogue: epilogue, packedShape: packedShape)
    }

    package func packed(
        _ operands: [TensorType], isExact: Bool, storage: WeightStorage
    ) -> (packing: any Op, product: RoundedProduct)? {
        guard packedShape == nil else { return nil }
        let product = RoundedProduct(
            rounding, transposesB: transposesB, epilogue: epilogue,
            packedShape: operands[1].shape)
        return (PackBytes(isTransposed: transposesB), product)
    }

    package func factorShape(columns: Int) -> [Int]? { nil }
}
