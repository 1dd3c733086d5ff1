internal import SwiftletTensor

/// `X = A⁻¹ B`, or `A⁻ᵀ B`: `[…, n, n]` and `[…, n, m]` → `[…, n, m]`. A singular matrix is an error.
package struct Solve: Op {
    package let isTransposed: Bool

    package init(isTransposed: Bool = false) { self.isTransposed = isTransposed }

    package var name: String { "solve" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        let size = try squareSize(inputs[0])
        let right = try matrixSize(inputs[1])
        guard right.rows == size, batch(inputs[0]) == batch(inputs[1]) else {
            throw refusal("\(inputs[0].shape) and \(inputs[1].shape) do not fit")
        }
        return [inputs[1]]
    }

    package func evaluate(_ call: OpCall) throws {
        let type = call.outputTypes[0]
        let (size, columns) = (type.shape[type.rank - 2], type.shape[type.rank - 1])
        let (a, b, x) = (call.floats(0), call.floats(1), call.outputFloats())
        try call.forEachMatrix { index in
            var matrix = DenseMatrix(size, size, at: a + index * size * size)
            if isTransposed {
                let original = matrix
                for row in 0..<size {
                    for column in 0..<size { matrix[row, column] = original[column, row] }
                }
            }
            let right = DenseMatrix(size, columns, at: b + index * size * columns)
            guard let solution = LUDecomposition(matrix).solve(right) else {
                throw GraphError.evaluation(op: name, cause: "the matrix is not invertible")
            }
            solution.write(to: x + index * size * columns)
        }
    }

    /// `B̄ = A⁻ᵀ X̄`, `Ā = −B̄ Xᵀ`.
    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil, nil] }
        let right = try graph.apply(
            Solve(isTransposed: !isTransposed), node.inputs[0], gradient)
        let product =
            isTransposed
            ? try graph.matmul(node.output(), right, transposesB: true)
            : try graph.matmul(right, node.output(), transposesB: true)
        return [try graph.negate(product), right]
    }
}
