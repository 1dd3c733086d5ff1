internal import SwiftletTensor

/// Whole numbers in decimal digits, as TensorFlow's `as_string` writes them: int64 →
/// string of the same shape.
package struct NumberText: Op {
    package init() {}

    package var name: String { "number_text" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .int64 else {
            throw refusal("int64 expected, \(inputs[0]) found")
        }
        return [TensorType(inputs[0].shape, .string)]
    }

    package func evaluate(_ call: OpCall) {
        let input = call.input(0, as: Int64.self)
        call.setStrings((0..<call.inputTypes[0].elementCount).map { String(input[$0]) })
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}
