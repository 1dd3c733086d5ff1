package import SwiftletGraph
internal import SwiftletTensor

/// Takes out moves of elements that undo each other: transposes, reversals, reshapes in a row; and
/// surrogates, which matter to derivatives alone.
package struct MoveElimination: Pass {
    package let name = "move elimination"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let input = node.inputs.first else { return nil }
        let producer = patch.graph.nodes[input.node]
        switch (node.op, producer.op) {
        case (let outer as Transpose, let inner as Transpose):
            let permutation = outer.permutation.map { inner.permutation[$0] }
            return [try patch.graph.transpose(producer.inputs[0], permutation: permutation)]
        case (let outer as Reverse, let inner as Reverse) where outer.axes == inner.axes:
            return [producer.inputs[0]]
        case (let outer as Reshape, is Reshape):
            return [try patch.graph.reshape(producer.inputs[0], to: outer.shape)]
        // Without derivatives nothing needs what they are taken of.
        case (is Surrogate, _), (is Float8GradientRounding, _): return [input]
        default: return nil
        }
    }
}
