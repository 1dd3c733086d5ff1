internal import SwiftletTensor

/// How often each category occurs in a row: `[rows, numbers]` → float32 `[rows, depth]`.
///
/// Operands: integers, and if wanted float32 weights of the same shape, which are added up instead
/// of ones. Numbers from `depth` on do not count.
package struct CountCategories: Op {
    package let depth: Int
    /// 1 for every category that occurs, however often.
    package let isBinary: Bool
    /// Whether numbers below 0 do not count; they are an error otherwise.
    package let ignoresNegative: Bool

    package init(depth: Int, isBinary: Bool, ignoresNegative: Bool = false) {
        self.depth = depth
        self.isBinary = isBinary
        self.ignoresNegative = ignoresNegative
    }

    package var name: String { "count_categories" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...2)
        try expectIndices(inputs[0])
        guard inputs[0].rank == 2, depth > 0 else {
            throw refusal("rows of numbers expected, \(inputs[0]) found")
        }
        if inputs.count == 2, inputs[1] != TensorType(inputs[0].shape) {
            throw refusal("weights of shape \(inputs[0].shape) expected, \(inputs[1]) found")
        }
        return [TensorType(try Shape([inputs[0].shape[0], depth]))]
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        inputs[0].elementCount * MemoryLayout<Int64>.stride
    }

    package func evaluate(_ call: OpCall) throws {
        let (rows, length) = (call.inputTypes[0].shape[0], call.inputTypes[0].shape[1])
        let indices = call.scratch.bindMemory(to: Int64.self, capacity: rows * length)
        try call.readIndices(
            0, into: indices, domain: (ignoresNegative ? .min : 0) ..< .max, op: self)
        call.clear(output: 0)
        let counts = call.outputFloats()
        let weights = call.inputTypes.count == 2 ? call.floats(1) : nil
        for row in 0..<rows {
            for place in row * length..<(row + 1) * length {
                guard let index = Int(exactly: indices[place]), (0..<depth).contains(index) else {
                    continue
                }
                let target = row * depth + index
                counts[target] = isBinary ? 1 : counts[target] + (weights?[place] ?? 1)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { node.inputs.map { _ in nil } }
}
