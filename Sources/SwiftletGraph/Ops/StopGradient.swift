internal import SwiftletTensor

/// The operand as it is, through which no derivative passes.
package struct StopGradient: Op {
    package init() {}

    package var name: String { "stop_gradient" }
    package var isView: Bool { true }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        return inputs
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { self }

    package func evaluate(_ call: OpCall) {}

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}
