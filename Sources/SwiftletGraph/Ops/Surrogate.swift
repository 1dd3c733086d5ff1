internal import SwiftletTensor

/// Operand 0 as it is; derivatives pass to operand 1 instead, which stands for it.
///
/// For what has no derivative of its own, such as a product of rounded numbers.
package struct Surrogate: Op {
    package var name: String { "surrogate" }
    package var isView: Bool { true }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        guard inputs[0].shape == inputs[1].shape else {
            throw refusal("\(inputs[0]) and \(inputs[1]) differ in shape")
        }
        return [inputs[0]]
    }

    package func evaluate(_ call: OpCall) {}

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil, outputGradients[0]] }
}

extension Graph {
    /// `value`, whose derivatives are taken to be those of `other`.
    package mutating func surrogate(_ value: Value, derivedAs other: Value) throws -> Value {
        try apply(Surrogate(), value, other)
    }
}
