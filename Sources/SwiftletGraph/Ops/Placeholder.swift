package import SwiftletTensor

/// A value from outside: a model input, a weight while it is trained, a step counter.
package struct Placeholder: Op {
    package let placeholder: String
    package let type: TensorType

    package var name: String { "placeholder \(placeholder)" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 0...0)
        return [type]
    }

    package func evaluate(_ call: OpCall) {}
}

/// A value known when the graph is built.
package struct Constant: Op {
    package let tensor: Tensor

    package var name: String { "constant" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 0...0)
        return [TensorType(tensor.shape, tensor.dtype)]
    }

    package func evaluate(_ call: OpCall) {}
}
