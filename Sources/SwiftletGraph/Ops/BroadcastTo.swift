package import SwiftletTensor

/// The operand repeated to a larger shape under NumPy's broadcasting rules.
package struct BroadcastTo: Op {
    package let shape: Shape

    package var name: String { "broadcast" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectNumbers(inputs)
        guard inputs[0].shape.broadcast(with: shape) == shape else {
            throw refusal("\(inputs[0].shape) cannot become \(shape)")
        }
        return [TensorType(shape, inputs[0].dtype)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        guard rows.isBroadcast else { return nil }
        return rows.type(of: rows.outputs[0]).map { BroadcastTo(shape: $0.shape) }
    }

    package func evaluate(_ call: OpCall) {
        let source = call.inputTypes[0]
        let extra = shape.rank - source.rank
        Movement(rank: shape.rank) { axis in
            let isRepeated = axis < extra || source.shape[axis - extra] == 1
            return (shape[axis], isRepeated ? 0 : source.shape.step(axis - extra), shape.step(axis))
        }
        .run(
            from: call.input(0), to: call.output(), elementSize: source.dtype.size,
            workers: call.workers)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        return [try graph.unbroadcast(gradient, to: graph.shape(of: node.inputs[0]))]
    }
}

extension Graph {
    package mutating func broadcast(_ x: Value, to shape: Shape) throws -> Value {
        self.shape(of: x) == shape ? x : try apply(BroadcastTo(shape: shape), x)
    }

    /// Float32 numbers times a factor, repeated: what a sum or mean does to derivatives.
    package mutating func spread(
        _ x: Value, to shape: Shape, scale factor: Float = 1
    ) throws -> Value {
        try broadcast(factor == 1 ? x : scale(x, by: factor), to: shape)
    }
}
