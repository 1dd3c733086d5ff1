package import SwiftletTensor

/// The same elements in the same order under another shape.
package struct Reshape: Op {
    package let shape: Shape

    package var name: String { "reshape" }
    package var isView: Bool { true }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].elementCount == shape.elementCount else {
            throw refusal("\(inputs[0].shape) cannot become \(shape)")
        }
        return [TensorType(shape, inputs[0].dtype)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        rows.type(of: rows.outputs[0]).map { Reshape(shape: $0.shape) }
    }

    package func isLinear(in addends: [Bool]) -> Bool { true }

    package func evaluate(_ call: OpCall) {}

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        return [try graph.reshape(gradient, to: graph.shape(of: node.inputs[0]))]
    }
}

extension Graph {
    package mutating func reshape(_ x: Value, to shape: Shape) throws -> Value {
        shape == self.shape(of: x) ? x : try apply(Reshape(shape: shape), x)
    }

    package mutating func reshape(_ x: Value, to dimensions: [Int]) throws -> Value {
        try reshape(x, to: Shape(dimensions))
    }
}
