internal import SwiftletTensor

/// A softmax over the last axis that gives true zeros: `max(x − τ, 0)`.
///
/// With the k largest values of a row as its support and C_j the sum of its j largest values,
/// `τ = (Σ_{j ≤ k} C_j − 1) / k`. That is what Keras 3 computes on TensorFlow; the paper has C_k in
/// place of the sum, with which rows would sum to 1. Files trained with Keras need Keras's numbers.
///
/// - SeeAlso: Martins & Astudillo 2016, arXiv:1602.02068.
package struct Sparsemax: Op {
    package var name: String { "sparsemax" }

    package init() {}

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32, let last = inputs[0].shape.last, last > 0 else {
            throw refusal("float32 rows expected, \(inputs[0]) found")
        }
        return inputs
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.inputs[0].rank > 1 ? self : nil }

    package func evaluate(_ call: OpCall) {
        let (x, y) = (call.floats(0), call.outputFloats())
        forEachRow(call) { start, length in
            let row = UnsafeBufferPointer(start: x + start, count: length)
            let (threshold, _) = Self.threshold(of: row)
            for index in 0..<length { y[start + index] = max(0, row[index] - threshold) }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        return [try graph.apply(SparsemaxGradient(), node.inputs[0], gradient)]
    }

    /// The threshold of a row, and the positions of its support from the largest value down.
    static func threshold(of row: UnsafeBufferPointer<Float>) -> (Float, support: [Int]) {
        let order = row.indices.sorted { row[$0] > row[$1] }
        var sum: Float = 0
        var sumOfSums: Float = 0
        var support: [Int] = []
        for (rank, index) in order.enumerated() {
            sum += row[index]
            guard row[index] - (sum - 1) / Float(rank + 1) > 0 else { continue }
            sumOfSums += sum
            support.append(index)
        }
        return ((sumOfSums - 1) / Float(max(support.count, 1)), support)
    }
}

/// The derivative of ``Sparsemax``. Operands: its input, the derivative with respect to its output.
package struct SparsemaxGradient: Op {
    package var name: String { "sparsemax_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        guard inputs[0] == inputs[1] else { throw refusal("\(inputs[0]) and \(inputs[1]) differ") }
        return [inputs[0]]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        rows.isOfAll && rows.inputs[0].rank > 1 ? self : nil
    }

    /// The value of rank i (from 0) counts in k − i of the k sums of the threshold.
    package func evaluate(_ call: OpCall) {
        let (x, dy, dx) = (call.floats(0), call.floats(1), call.outputFloats())
        forEachRow(call) { start, length in
            let row = UnsafeBufferPointer(start: x + start, count: length)
            let (threshold, support) = Sparsemax.threshold(of: row)
            var total: Float = 0
            for index in 0..<length {
                let isPositive = row[index] > threshold
                dx[start + index] = isPositive ? dy[start + index] : 0
                if isPositive { total += dy[start + index] }
            }
            for (rank, index) in support.enumerated() {
                dx[start + index] -=
                    total * Float(support.count - rank) / Float(support.count)
            }
        }
    }
}

extension Op {
    /// Calls `body` with the first element and the length of every row of the last axis.
    fileprivate func forEachRow(_ call: OpCall, _ body: (Int, Int) -> Void) {
        let length = call.inputTypes[0].shape.last ?? 1
        let rows = call.inputTypes[0].elementCount / max(1, length)
        call.workers.forEach(count: rows, grain: max(1, 4096 / length)) { range in
            for row in range { body(row * length, length) }
        }
    }
}
