package import SwiftletGraph
internal import SwiftletTensor

/// Has a pointwise convolution multiply its input by factors per image and channel as it reads it, as
/// behind squeeze and excitation (Hu et al., arXiv:1709.01507): without a pass over memory for it.
package struct InputScaling: Pass {
    package let name = "input scaling"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let op = node.op as? Convolution,
            let scaling = op.scalingInput(kernel: patch.graph.shape(of: node.inputs[1])),
            let (x, factors) = try scaled(node.inputs[0], in: patch)
        else { return nil }
        let rest = node.inputs[1...]
        return try patch.graph.append(
            scaling, [x] + rest.prefix(1) + [factors] + rest.dropFirst())
    }

    /// What nobody else reads, as a product with factors.
    private func scaled(_ value: Value, in patch: GraphPatch) throws -> (Value, factors: Value)? {
        let node = patch.graph.nodes[value.node]
        guard let product = node.op as? Binary, product.function == .multiply,
            patch.hasOneReader(value)
        else { return nil }
        let shape = patch.graph.shape(of: value)
        let factors = try Convolution.factors(of: shape)
        let (a, b) = (node.inputs[0], node.inputs[1])
        for (x, y) in [(a, b), (b, a)]
        where patch.graph.shape(of: x) == shape && patch.graph.shape(of: y) == factors {
            return (x, y)
        }
        return nil
    }
}
