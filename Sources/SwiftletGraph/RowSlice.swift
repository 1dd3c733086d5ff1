internal import SwiftletTensor

/// Some of the rows of an operation: those of a batch, which lie along axis 0.
///
/// An axis 0 that holds several positions of each row (of a batch and its time steps, say) counts
/// as rows too; it shrinks in proportion.
package struct RowSlice {
    /// Rows of the whole, and how many of them are to be computed; the latter divides the former.
    package let total: Int
    package let count: Int
    package let inputs: [TensorType]
    package let outputs: [TensorType]
    /// Whether axis 0 of each operand holds rows; what has none is the same for all.
    package let hasRows: [Bool]

    package init(
        total: Int, count: Int, inputs: [TensorType], outputs: [TensorType], hasRows: [Bool]
    ) {
        self.total = total
        self.count = count
        self.inputs = inputs
        self.outputs = outputs
        self.hasRows = hasRows
    }

    /// The type of what the slice leaves of a value with rows; nil if its rows cannot be told apart.
    package func type(of whole: TensorType) -> TensorType? {
        guard let extent = whole.shape.first, extent > 0, extent % total == 0,
            let shape = try? whole.shape.replacing(axis: 0, with: extent / total * count)
        else { return nil }
        return TensorType(shape, whole.dtype)
    }

    /// Whether the first operand has rows and no other has: data and weights.
    package var isOfFirstAlone: Bool {
        hasRows.first == true && !hasRows.dropFirst().contains(true)
    }

    /// Whether every operand has rows.
    package var isOfAll: Bool { !hasRows.contains(false) }

    /// Whether each operand either has the result's rows or is repeated for all of them.
    package var isBroadcast: Bool {
        let result = outputs[0].shape
        return inputs.indices.allSatisfy { index in
            let shape = inputs[index].shape
            let reaches = shape.rank == result.rank && result.rank > 0
            return hasRows[index]
                ? reaches && shape[0] == result[0] : !reaches || (shape[0] == 1 && result[0] != 1)
        }
    }

    /// The op for the slice, if its results are slices of the whole results.
    package func op(for op: any Op) -> (any Op)? {
        let operands = zip(inputs, hasRows).map { $1 ? type(of: $0) : $0 }
        let results = outputs.map { type(of: $0) }
        guard !operands.contains(nil), !results.contains(nil), let sliced = op.sliced(self),
            (try? sliced.outputTypes(for: operands.compactMap { $0 })) == results.compactMap({ $0 })
        else { return nil }
        return sliced
    }
}
