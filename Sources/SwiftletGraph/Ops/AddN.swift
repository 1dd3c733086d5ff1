internal import SwiftletTensor

/// The sum of values of the same shape, e.g. of the derivatives along several paths.
package struct AddN: Op {
    package var name: String { "add_n" }

    package init() {}

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        guard let first = inputs.first, first.dtype == .float32 else {
            throw refusal("float32 operands expected")
        }
        guard inputs.allSatisfy({ $0 == first }) else {
            throw refusal("operands differ: \(inputs.map(\.description).joined(separator: ", "))")
        }
        return [first]
    }

    package func canOverwrite(input: Int) -> Bool { input == 0 }

    package func isLinear(in addends: [Bool]) -> Bool { !addends.contains(false) }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isOfAll ? self : nil }

    package func evaluate(_ call: OpCall) {
        let output = call.outputFloats()
        call.workers.forEach(count: call.outputTypes[0].elementCount, grain: 1 << 15) { range in
            if UnsafePointer(output) != call.floats(0) {
                (output + range.lowerBound)
                    .update(from: call.floats(0) + range.lowerBound, count: range.count)
            }
            for input in call.inputTypes.indices.dropFirst() {
                let addend = call.floats(input)
                for index in range { output[index] += addend[index] }
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        node.inputs.map { _ in outputGradients[0] }
    }
}

extension Graph {
    /// Ones in the shape of `value`.
    package mutating func ones(like value: Value) throws -> Value {
        try constant(Tensor(repeating: 1 as Float, shape: shape(of: value)))
    }
}
