internal import SwiftletTensor

/// The strings that numbers stand for, `missing` for numbers without one: int64 → string of the
/// same shape.
package struct PickText: Op {
    private let texts: [String]
    private let missing: String

    /// - Parameter texts: of 0, 1, …
    package init(_ texts: [String], missing: String) {
        self.texts = texts
        self.missing = missing
    }

    package var name: String { "pick_text" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .int64 else {
            throw refusal("int64 expected, \(inputs[0]) found")
        }
        return [TensorType(inputs[0].shape, .string)]
    }

    package func evaluate(_ call: OpCall) {
        let input = call.input(0, as: Int64.self)
        let count = Int64(texts.count)
        call.setStrings(
            (0..<call.inputTypes[0].elementCount).map { place in
                (0..<count).contains(input[place]) ? texts[Int(input[place])] : missing
            })
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}
