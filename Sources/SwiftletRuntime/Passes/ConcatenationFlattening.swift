package import SwiftletGraph

/// Joins the operands of joined values directly, so that what a dense block has gathered is not
/// copied once more for every layer, and none waits for another.
package struct ConcatenationFlattening: Pass {
    package let name = "concatenation flattening"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let outer = node.op as? Concatenate else { return nil }
        var isFlat = true
        let pieces = node.inputs.flatMap { input -> [Value] in
            let producer = patch.graph.nodes[input.node]
            guard let inner = producer.op as? Concatenate, inner.axis == outer.axis else {
                return [input]
            }
            isFlat = false
            return producer.inputs
        }
        return isFlat ? nil : try patch.graph.append(outer, pieces)
    }
}
