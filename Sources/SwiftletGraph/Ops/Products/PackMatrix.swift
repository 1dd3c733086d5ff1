internal import CKernels
internal import SwiftletTensor

/// A constant right operand of ``MatMul`` in the order in which the kernels of this processor read
/// it. Its layout is nobody else's business and never leaves the process.
package struct PackMatrix: Op {
    /// Whether the matrix is stored as `[n, k]`.
    package let isTransposed: Bool
    package let storage: WeightStorage

    package init(isTransposed: Bool = false, storage: WeightStorage = .float32) {
        self.isTransposed = isTransposed
        self.storage = storage
    }

    package var name: String { "pack_matrix" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32, inputs[0].rank == 2 else {
            throw refusal("a float32 matrix expected, \(inputs[0]) found")
        }
        var product = product(of: inputs[0].shape)
        return [TensorType(.vector(sl_matmul_packed_count(&product)), storage.dtype)]
    }

    package func evaluate(_ call: OpCall) {
        var whole = product(of: call.inputTypes[0].shape)
        whole.b = call.floats(0)
        if let release = call.release, !isTransposed, whole.n > 4 {
            return packByBlocks(whole, call, releasing: release)
        }
        let panels = sl_panel_count(SL_CPU_ACTIVE, whole.n)
        let fixed = whole
        let packed = call.outputFloats()
        call.workers.forEach(count: panels, grain: max(1, panels / 8)) { range in
            var product = fixed
            sl_matmul_pack(&product, range.lowerBound, range.upperBound, packed)
        }
    }

    /// Packs one block of rows after the other, each as a matrix of its own, which lie behind each
    /// other in the whole; so little of the operand is in memory at once.
    private func packByBlocks(
        _ whole: sl_matmul, _ call: OpCall, releasing release: (Int, Range<Int>) -> Void
    ) {
        let panels = sl_panel_count(SL_CPU_ACTIVE, whole.n)
        let length = max(1, sl_matmul_block(whole.k))
        let output = call.output()
        let rowBytes = whole.n * MemoryLayout<Float>.stride
        for row in stride(from: 0, to: whole.k, by: length) {
            var block = whole
            block.b += row * whole.n
            block.k = min(length, whole.k - row)
            let place =
                output + row * panels * sl_panel_columns(SL_CPU_ACTIVE) * storage.dtype.size
            let fixed = block
            call.workers.forEach(count: panels, grain: max(1, panels / 8)) { range in
                var product = fixed
                sl_matmul_pack(
                    &product, range.lowerBound, range.upperBound,
                    place.assumingMemoryBound(to: Float.self))
            }
            release(0, row * rowBytes..<(row + fixed.k) * rowBytes)
        }
    }

    private func product(of shape: Shape) -> sl_matmul {
        var product = sl_matmul()
        (product.k, product.n) = isTransposed ? (shape[1], shape[0]) : (shape[0], shape[1])
        (product.b_row, product.b_column) = isTransposed ? (1, shape[1]) : (shape[1], 1)
        product.storage = storage.code
        return product
    }
}
