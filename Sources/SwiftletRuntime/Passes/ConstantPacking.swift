package import SwiftletGraph
internal import SwiftletTensor

/// Brings constant kernels into the order in which the processor's inner loops read them.
package struct ConstantPacking: Pass {
    package let name = "constant packing"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let op = node.op as? any ProductOp,
            let kernel = patch.graph.constantTensor(node.inputs[1]),
            let (packing, product) = op.packed(kernel: kernel.shape)
        else { return nil }
        let packed = try patch.cache.value(of: "\(packing)", on: [kernel]) {
            var graph = Graph()
            let output = try graph.append(packing, [graph.constant(kernel)])
            return try Program(graph, inputs: [], outputs: output).run([])[0]
        }
        var inputs = node.inputs
        inputs[1] = try patch.graph.constant(packed)
        return try patch.graph.append(product, inputs)
    }
}
