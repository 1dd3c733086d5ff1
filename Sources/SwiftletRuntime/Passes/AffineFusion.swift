package import SwiftletGraph
internal import SwiftletTensor

/// Makes one pass over memory of what stands before a convolution in networks that normalize first or
/// rescale their images: concatenation, factors and addends per column (or the same for all), one
/// after the other, and an activation.
package struct AffineFusion: Pass {
    package let name = "affine fusion"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        switch node.op {
        case let binary as Binary:
            let (x, y) = (node.inputs[0], node.inputs[1])
            switch binary.function {
            case .multiply: return try scale(x, by: y, in: &patch) ?? scale(y, by: x, in: &patch)
            case .add: return try shift(x, by: y, in: &patch) ?? shift(y, by: x, in: &patch)
            case .subtract: return try shift(x, by: y, sign: -1, in: &patch)
            case .divide: return try scale(x, by: y, isDivisor: true, in: &patch)
            default: return nil
            }
        case let unary as Unary: return try activate(node.inputs[0], unary.function, in: &patch)
        default: return nil
        }
    }

    /// Begins an affine function, which alone costs no more than the multiplication, or scales one.
    private func scale(
        _ x: Value, by factor: Value, isDivisor: Bool = false, in patch: inout GraphPatch
    ) throws -> [Value]? {
        let type = patch.graph[x]
        guard type.rank > 1, type.dtype == .float32, !patch.isConstant(x),
            let vector = try vector(factor, for: type, in: &patch)
        else { return nil }
        let factors =
            isDivisor ? try patch.graph.divide(patch.graph.constant(1), vector) : vector
        if let node = affine(x, in: patch) {
            let (scale, shift) = (node.inputs[node.inputs.count - 2], node.inputs.last ?? vector)
            let scaled = try [scale, shift].map { try patch.graph.multiply($0, factors) }
            return try patch.graph.append(node.op, node.inputs.dropLast(2) + scaled)
        }
        // A quotient is rounded once: it is left so unless other factors are at hand.
        guard !isDivisor else { return nil }
        let zeros = try patch.graph.constant(Tensor(zeros: patch.graph.shape(of: vector)))
        return try patch.graph.append(Affine(), pieces(x, in: patch) + [factors, zeros])
    }

    /// Constants that are the same for all rows of `type`, as one number per column.
    private func vector(
        _ value: Value, for type: TensorType, in patch: inout GraphPatch
    ) throws -> Value? {
        let shape = patch.graph.shape(of: value)
        guard let columns = type.shape.last, patch.isConstant(value),
            patch.graph[value].dtype == .float32, shape.rank <= type.rank
        else { return nil }
        if shape == .vector(columns) { return value }
        guard shape.elementCount == 1 || shape.elementCount == columns && shape.last == columns
        else { return nil }
        let flat = try patch.graph.reshape(value, to: [shape.elementCount])
        return try patch.graph.broadcast(flat, to: .vector(columns))
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
        _ x: Value, by addend: Value, sign: Float = 1, in patch: inout GraphPatch
    ) throws -> [Value]? {
        guard let node = affine(x, in: patch), let old = node.inputs.last,
            let vector = try vector(addend, for: patch.graph[x], in: &patch)
        else { return nil }
        let sum =
            sign < 0
            ? try patch.graph.subtract(old, vector) : try patch.graph.add(old, vector)
        return try patch.graph.append(node.op, node.inputs.dropLast() + [sum])
    }

    private func activate(
        _ x: Value, _ function: UnaryFunction, in patch: inout GraphPatch
    ) throws -> [Value]? {
        guard let node = affine(x, in: patch) else { return nil }
        return try patch.graph.append(Affine(activation: function), node.inputs)
    }
}
