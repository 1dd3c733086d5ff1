package import SwiftletGraph
internal import SwiftletTensor

/// Makes one pass over memory of what stands before a convolution in networks that normalize first:
/// concatenation, factors per column, addends per column, activation.
package struct AffineFusion: Pass {
    package let name = "affine fusion"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        switch node.op {
        case let binary as Binary where binary.function == .multiply:
            return try eitherWay(node) { try scale($0, by: $1, in: &patch) }
        case let binary as Binary where binary.function == .add:
            return try eitherWay(node) { try shift($0, by: $1, in: &patch) }
        case let unary as Unary: return try activate(node.inputs[0], unary.function, in: &patch)
        default: return nil
        }
    }

    private func eitherWay(
        _ node: Node, _ merge: (Value, Value) throws -> [Value]?
    ) throws -> [Value]? {
        try merge(node.inputs[0], node.inputs[1]) ?? merge(node.inputs[1], node.inputs[0])
    }

    /// Begins an affine function; alone it costs no more than the multiplication.
    private func scale(
        _ x: Value, by factor: Value, in patch: inout GraphPatch
    ) throws -> [Value]? {
        let type = patch.graph[x]
        guard type.rank > 1, type.dtype == .float32, let columns = type.shape.last,
            patch.graph[factor] == TensorType(.vector(columns)), patch.isConstant(factor),
            !patch.isConstant(x)
        else { return nil }
        let zeros = try patch.graph.constant(Tensor(zeros: .vector(columns)))
        return try patch.graph.append(Affine(), pieces(x, in: patch) + [factor, zeros])
    }

    /// The operands of a concatenation that nobody else reads.
    private func pieces(_ x: Value, in patch: GraphPatch) -> [Value] {
        let producer = patch.graph.nodes[x.node]
        guard let join = producer.op as? Concatenate, join.axis == patch.graph[x].rank - 1,
            patch.hasOneReader(x)
        else { return [x] }
        return producer.inputs
    }

    /// An affine function that only the node at hand reads and that has no activation yet.
    private func affine(_ value: Value, in patch: GraphPatch) -> Node? {
        let node = patch.graph.nodes[value.node]
        guard let op = node.op as? Affine, op.activation == nil, patch.hasOneReader(value) else {
            return nil
        }
        return node
    }

    private func shift(
        _ x: Value, by addend: Value, in patch: inout GraphPatch
    ) throws -> [Value]? {
        guard let node = affine(x, in: patch), let old = node.inputs.last,
            patch.graph[addend] == patch.graph[old], patch.isConstant(addend)
        else { return nil }
        let sum = try patch.graph.add(old, addend)
        return try patch.graph.append(node.op, node.inputs.dropLast() + [sum])
    }

    private func activate(
        _ x: Value, _ function: UnaryFunction, in patch: inout GraphPatch
    ) throws -> [Value]? {
        guard let node = affine(x, in: patch) else { return nil }
        return try patch.graph.append(Affine(activation: function), node.inputs)
    }
}
