internal import SwiftletTensor

/// `y[…, c] = 1` where `c` is the operand's number, else 0: `[…]` → `[…, depth]` of float32.
///
/// Numbers outside `0..<depth` give zeros only, as in Keras; floats are truncated.
package struct OneHot: Op {
    package let depth: Int

    package var name: String { "one_hot" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectIndices(inputs[0])
        guard depth > 0 else { throw refusal("depth \(depth)") }
        return [TensorType(try Shape(inputs[0].shape.dimensions + [depth]))]
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        inputs[0].elementCount * MemoryLayout<Int64>.stride
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { self }

    package func evaluate(_ call: OpCall) throws {
        let count = call.inputTypes[0].elementCount
        let indices = call.scratch.bindMemory(to: Int64.self, capacity: count)
        try call.readIndices(0, into: indices, domain: .min ..< .max, op: self)
        call.clear(output: 0)
        let output = call.outputFloats()
        for place in 0..<count {
            if let index = Int(exactly: indices[place]), (0..<depth).contains(index) {
                output[place * depth + index] = 1
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}

extension Graph {
    /// - Parameter indices: integers, or floats that are truncated.
    package mutating func oneHot(_ indices: Value, depth: Int) throws -> Value {
        try apply(OneHot(depth: depth), indices)
    }
}
