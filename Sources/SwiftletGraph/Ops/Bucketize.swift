internal import SwiftletTensor

/// How many of the boundaries each number reaches: float32 → int64 of the same shape, 0 below the
/// first boundary. What is no number is beyond all of them.
package struct Bucketize: Op {
    /// In ascending order.
    package let boundaries: [Float]

    package init(boundaries: [Float]) { self.boundaries = boundaries }

    package var name: String { "bucketize" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32 else {
            throw refusal("float32 expected, \(inputs[0]) found")
        }
        return [TensorType(inputs[0].shape, .int64)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { self }

    package func evaluate(_ call: OpCall) {
        let (input, output) = (call.floats(0), call.output(0, as: Int64.self))
        call.workers.forEach(count: call.inputTypes[0].elementCount, grain: 1 << 12) { range in
            for place in range { output[place] = bucket(input[place]) }
        }
    }

    private func bucket(_ number: Float) -> Int64 {
        var (low, high) = (0, boundaries.count)
        while low < high {
            let middle = (low + high) / 2
            if number < boundaries[middle] { high = middle } else { low = middle + 1 }
        }
        return Int64(low)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}
