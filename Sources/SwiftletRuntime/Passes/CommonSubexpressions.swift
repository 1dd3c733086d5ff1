package import SwiftletGraph
internal import SwiftletTensor

/// Computes once what is asked for twice: the same operation on the same values.
package struct CommonSubexpressions: Pass {
    package let name = "common subexpressions"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        // Drawn numbers differ, and what an op with a tensor or a graph inside computes does not
        // follow from its description.
        if node.inputs.isEmpty || node.op is RandomNumbers || node.op is Pad || node.op is Scan {
            return nil
        }
        let earlier = patch.readers(of: node.inputs[0]).first { index in
            let other = patch.graph.nodes[index]
            return other.inputs == node.inputs && other.types == node.types
                && other.op.name == node.op.name && "\(other.op)" == "\(node.op)"
        }
        return earlier.map { index in
            node.types.indices.map { Value(node: index, output: $0) }
        }
    }
}
