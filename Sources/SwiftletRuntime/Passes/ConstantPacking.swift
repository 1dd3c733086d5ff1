package import SwiftletGraph
internal import SwiftletTensor

/// Brings constant kernels into the order in which the processor's inner loops read them.
package struct ConstantPacking: Pass {
    package var name: String { "constant packing" + storage.suffix }

    /// Whether algorithms that round more than plain sums are ruled out.
    private let isExact: Bool
    private let storage: WeightStorage

    package init(isExact: Bool = false, storage: WeightStorage = .float32) {
        self.isExact = isExact
        self.storage = storage
    }

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let op = node.op as? any ProductOp, patch.isConstant(node.inputs[1]),
            let (packing, product) = try op.packed(
                node.inputs.map { patch.graph[$0] }, isExact: isExact, storage: storage)
        else { return nil }
        var inputs = node.inputs
        inputs[1] = try patch.graph.append(packing, [inputs[1]])[0]
        return try patch.graph.append(product, inputs)
    }
}
