package import SwiftletGraph
internal import SwiftletTensor

/// Keeps large tables that vectors are picked from, embeddings above all, in a narrower type: what is
/// picked is widened.
package struct TableNarrowing: Pass {
    package var name: String { "table narrowing" + storage.suffix }
    private let storage: WeightStorage

    package init(storage: WeightStorage) {
        self.storage = storage
    }

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let gather = node.op as? Gather, patch.graph[node.inputs[0]].dtype == .float32,
            patch.isConstant(node.inputs[0]),
            storage.storage(ofKernel: patch.graph[node.inputs[0]].elementCount) == storage
        else { return nil }
        let table = try patch.graph.cast(node.inputs[0], to: storage.dtype)
        let rows = try patch.graph.append(gather, [table, node.inputs[1]])[0]
        return [try patch.graph.cast(rows, to: .float32)]
    }
}
