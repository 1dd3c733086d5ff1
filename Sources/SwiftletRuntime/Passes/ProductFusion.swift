package import SwiftletGraph
internal import SwiftletTensor

/// Merges what follows a product or convolution into it: factors per column into its kernel (so
/// batch normalization disappears), then addends per column, a residual and an activation.
package struct ProductFusion: Pass {
    package let name = "product fusion"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        switch node.op {
        case let binary as Binary where binary.function == .multiply:
            return try eitherWay(node) { try scale($0, by: $1, in: &patch) }
        case let binary as Binary where binary.function == .add:
            return try eitherWay(node) { try add($1, to: $0, in: &patch) }
                ?? eitherWay(node) { try addResidual($1, to: $0, in: &patch) }
        case let unary as Unary:
            return try activate(node.inputs[0], unary.function, in: &patch).map { [$0] }
        default:
            return nil
        }
    }

    /// The later operand first: its producer can read what stands before it.
    private func eitherWay(
        _ node: Node, _ merge: (Value, Value) throws -> Value?
    ) throws -> [Value]? {
        let (a, b) = (node.inputs[0], node.inputs[1])
        guard a != b else { return nil }
        let (later, earlier) = a.node > b.node ? (a, b) : (b, a)
        return try (merge(later, earlier) ?? merge(earlier, later)).map { [$0] }
    }

    /// A product that only the node at hand reads and that may still be given an epilogue.
    private struct Producer {
        let op: any ProductOp
        var inputs: [Value]
        let type: TensorType
        var columns: Int { type.shape[type.rank - 1] }
        var bias: Value? { op.epilogue.hasBias ? inputs[op.operandCount] : nil }

        init?(_ value: Value, in patch: GraphPatch) {
            let node = patch.graph.nodes[value.node]
            guard let op = node.op as? any ProductOp, op.epilogue.activation == nil,
                patch.hasOneReader(value)
            else { return nil }
            self.op = op
            inputs = node.inputs
            type = node.types[0]
        }
    }

    private func scale(_ value: Value, by factor: Value, in patch: inout GraphPatch) throws
        -> Value?
    {
        guard var producer = Producer(value, in: patch), !producer.op.epilogue.hasResidual,
            producer.op.packedShape == nil, isVector(factor, of: producer, in: patch),
            let extents = producer.op.factorShape(columns: producer.columns),
            let factors = patch.graph.constantTensor(factor),
            producer.inputs.dropFirst().allSatisfy({ patch.isConstant($0) })
        else { return nil }
        producer.inputs[1] = try patch.graph.multiply(
            producer.inputs[1], patch.graph.constant(factors.reshaped(to: Shape(extents))))
        if let bias = producer.bias {
            producer.inputs[producer.op.operandCount] = try patch.graph.multiply(bias, factor)
        }
        return try patch.graph.append(producer.op, producer.inputs)[0]
    }

    private func add(_ addend: Value, to value: Value, in patch: inout GraphPatch) throws -> Value?
    {
        guard var producer = Producer(value, in: patch), !producer.op.epilogue.hasResidual,
            isVector(addend, of: producer, in: patch)
        else { return nil }
        if let bias = producer.bias {
            producer.inputs[producer.op.operandCount] = try patch.graph.add(bias, addend)
            return try patch.graph.append(producer.op, producer.inputs)[0]
        }
        let op = producer.op.with(Epilogue(hasBias: true))
        return try patch.graph.append(op, producer.inputs + [addend])[0]
    }

    private func addResidual(
        _ addend: Value, to value: Value, in patch: inout GraphPatch
    ) throws -> Value? {
        guard let producer = Producer(value, in: patch), patch.graph[addend] == producer.type,
            !producer.op.epilogue.hasResidual
        else { return nil }
        let epilogue = Epilogue(hasBias: producer.op.epilogue.hasBias, hasResidual: true)
        return try patch.graph.append(
            producer.op.with(epilogue), producer.inputs + [addend])[0]
    }

    /// Looks through a reshape, which an activation does not see.
    private func activate(
        _ value: Value, _ function: UnaryFunction, in patch: inout GraphPatch
    ) throws -> Value? {
        if patch.graph.op(of: value).isView, patch.hasOneReader(value) {
            let node = patch.graph.nodes[value.node]
            let shape = patch.graph.shape(of: value)
            return try activate(node.inputs[0], function, in: &patch)
                .map { try patch.graph.reshape($0, to: shape) }
        }
        guard let producer = Producer(value, in: patch),
            let epilogue = producer.op.epilogue.adding(activation: function)
        else { return nil }
        return try patch.graph.append(producer.op.with(epilogue), producer.inputs)[0]
    }

    /// Whether `value` holds one number per column.
    private func isVector(_ value: Value, of producer: Producer, in patch: GraphPatch) -> Bool {
        patch.graph[value] == TensorType(.vector(producer.columns))
    }
}
