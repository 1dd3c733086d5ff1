package import SwiftletGraph
internal import SwiftletTensor

/// Lets the kernels run a recurrent cell that they know as a whole, instead of step by step through
/// the operations of its body, with kernels packed for them.
package struct RecurrenceFusion: Pass {
    package let name = "recurrence fusion"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let scan = node.op as? Scan, !scan.keepsStates, let form = scan.form else {
            return nil
        }
        var inputs = node.inputs
        for position in form.firstKernel..<form.firstKernel + form.kernelCount {
            guard patch.isConstant(inputs[position]) else { return nil }
            inputs[position] = try patch.graph.append(PackRecurrentKernel(), [inputs[position]])[0]
        }
        return try patch.graph.append(Recurrence(form), inputs)
    }
}
