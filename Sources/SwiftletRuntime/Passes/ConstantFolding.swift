package import SwiftletGraph
internal import SwiftletTensor

/// Computes at compile time what depends on constants alone.
package struct ConstantFolding: Pass {
    package let name = "constant folding"
    /// Results larger than this many times their operands are left alone (a broadcast, say).
    private static let largestGrowth = 4
    private static let leastDeferred = 1 << 14

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        let operands = node.inputs.compactMap { patch.graph.constantTensor($0) }
        guard !node.inputs.isEmpty, operands.count == node.inputs.count else { return nil }
        let bytes = operands.reduce(64) { $0 + $1.elementCount * $1.dtype.size }
        guard node.types.reduce(0, { $0 + $1.byteCount }) <= bytes * Self.largestGrowth else {
            return nil
        }
        if node.op.isView {
            return [try patch.graph.constant(operands[0].reshaped(to: node.types[0].shape))]
        }
        let isConstant = node.isConstant { _ in true }
        // Large ones are made at the end, with what they go into: what lies between is not kept.
        guard !isConstant || node.types.allSatisfy({ $0.elementCount < Self.leastDeferred }) else {
            return nil
        }
        let results =
            try isConstant
            ? patch.cache.value(
                of: .operation(DescribedOp(node), operands.map { .tensor($0) })
            ) {
                try compute(node.op, operands)
            } : compute(node.op, operands)
        return try results.map { try patch.graph.constant($0) }
    }

    private func compute(_ op: some Op, _ operands: [Tensor]) throws -> [Tensor] {
        var graph = Graph()
        let inputs = try operands.map { try graph.constant($0) }
        let outputs = try graph.append(op, inputs)
        return try Program(graph, inputs: [], outputs: outputs).run([])
    }
}
