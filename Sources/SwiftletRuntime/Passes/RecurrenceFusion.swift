package import SwiftletGraph
internal import SwiftletTensor

/// Lets the kernels run a recurrent cell that they know as a whole, instead of step by step through
/// the operations of its body, with kernels packed for them.
package struct RecurrenceFusion: Pass {
    package var name: String { "recurrence fusion" + storage.suffix }
    private let storage: WeightStorage

    package init(storage: WeightStorage = .float32) {
        self.storage = storage
    }

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let scan = node.op as? Scan, !scan.keepsStates, let form = scan.form else {
            return nil
        }
        var inputs = node.inputs
        let kernels = form.firstKernel..<form.firstKernel + form.kernelCount
        let count = kernels.reduce(0) { $0 + patch.graph[inputs[$1]].elementCount }
        let storage = storage.storage(ofKernel: count)
        for position in kernels {
            guard patch.isConstant(inputs[position]) else { return nil }
            inputs[position] = try patch.graph.append(
                PackRecurrentKernel(storage: storage), [inputs[position]])[0]
        }
        return try patch.graph.append(Recurrence(form, storage: storage), inputs)
    }
}
