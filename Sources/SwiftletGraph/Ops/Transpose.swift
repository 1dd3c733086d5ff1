internal import SwiftletTensor

/// `y[i₀, i₁, …] = x[…]` with the axes in another order: axis `k` of the result is axis
/// `permutation[k]` of the operand.
package struct Transpose: Op {
    package let permutation: [Int]

    package var name: String { "transpose" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectNumbers(inputs)
        let shape = inputs[0].shape
        guard permutation.sorted() == Array(shape.indices) else {
            throw refusal("\(permutation) is no order of the axes of \(shape)")
        }
        return [TensorType(try Shape(permutation.map { shape[$0] }), inputs[0].dtype)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { permutation[0] == 0 ? self : nil }

    package func isLinear(in addends: [Bool]) -> Bool { true }

    package func evaluate(_ call: OpCall) {
        let source = call.inputTypes[0].shape
        let target = call.outputTypes[0].shape
        Movement(rank: target.rank) { axis in
            (target[axis], source.step(permutation[axis]), target.step(axis))
        }
        .run(
            from: call.input(0), to: call.output(), elementSize: call.inputTypes[0].dtype.size,
            workers: call.workers)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        var inverse = permutation
        for (axis, source) in permutation.enumerated() { inverse[source] = axis }
        return [try graph.transpose(gradient, permutation: inverse)]
    }
}

extension Graph {
    /// - Parameter permutation: the operand's axis that each axis of the result comes from.
    package mutating func transpose(_ x: Value, permutation: [Int]) throws -> Value {
        let op = Transpose(permutation: permutation)
        if permutation == Array(shape(of: x).indices) { return x }
        // Axes of extent 1 may move without any element moving.
        let moving = permutation.filter {
            shape(of: x).indices.contains($0) && shape(of: x)[$0] != 1
        }
        guard moving == moving.sorted() else { return try apply(op, x) }
        return try reshape(x, to: op.outputTypes(for: [self[x]])[0].shape)
    }
}
