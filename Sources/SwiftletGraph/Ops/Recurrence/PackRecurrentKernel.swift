internal import CKernels
internal import SwiftletTensor

/// A constant recurrent kernel `[units, gates · units]` in the order in which ``Recurrence`` reads
/// it. Its layout never leaves the process.
package struct PackRecurrentKernel: Op {
    package let storage: WeightStorage

    package init(storage: WeightStorage = .float32) {
        self.storage = storage
    }

    package var name: String { "pack_recurrent_kernel" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let shape = inputs[0].shape
        guard inputs[0].dtype == .float32, shape.rank == 2, shape[0] > 0,
            shape[1] % shape[0] == 0
        else { throw refusal("a float32 matrix of [n, gates · n] expected, \(inputs[0]) found") }
        return [
            TensorType(
                .vector(
                    sl_recurrence_packed_count(SL_CPU_ACTIVE, shape[1] / shape[0], shape[0])),
                storage.dtype)
        ]
    }

    package func evaluate(_ call: OpCall) {
        let shape = call.inputTypes[0].shape
        sl_recurrence_pack(
            SL_CPU_ACTIVE, call.floats(0), shape[1] / shape[0], shape[0], storage.code,
            call.outputFloats())
    }
}
