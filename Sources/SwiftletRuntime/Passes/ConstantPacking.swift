package import SwiftletGraph
internal import SwiftletTensor

/// Brings constant kernels into the order in which the processor's inner loops read them.
package struct ConstantPacking: Pass {
    package let name = "constant packing"

    /// Whether algorithms that round more than plain sums are ruled out.
    private let isExact: Bool

    package init(isExact: Bool = false) {
        self.isExact = isExact
    }

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let op = node.op as? any ProductOp,
            let kernel = patch.graph.constantTensor(node.inputs[1]),
            let (packing, product) = try op.packed(
                node.inputs.map { patch.graph[$0] }, isExact: isExact)
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
