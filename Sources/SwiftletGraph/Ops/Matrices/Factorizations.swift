internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The lower triangle `L` of `A = L Lᵀ`: `[…, n, n]` → `[…, n, n]`. Only the lower triangle of `A` is
/// read; a matrix that is not positive definite is an error.
package struct CholeskyFactor: Op {
    package init() {}

    package var name: String { "cholesky" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        _ = try squareSize(inputs[0])
        return inputs
    }

    package func evaluate(_ call: OpCall) throws {
        let size = call.inputTypes[0].shape[call.inputTypes[0].rank - 1]
        try call.forEachMatrix { index in
            let a = DenseMatrix(size, size, at: call.floats(0) + index * size * size)
            var l = DenseMatrix(zeros: size, size)
            for row in 0..<size {
                for column in 0...row {
                    var sum = a[row, column]
                    for k in 0..<column { sum -= l[row, k] * l[column, k] }
                    guard row == column else {
                        l[row, column] = sum / l[column, column]
                        continue
                    }
                    guard sum > 0 else {
                        throw GraphError.evaluation(
                            op: name, cause: "the matrix is not positive definite")
                    }
                    l[row, row] = sqrt(sum)
                }
            }
            l.write(to: call.outputFloats() + index * size * size)
        }
    }

    /// `Ā = ½ L⁻ᵀ (Φ + Φᵀ) L⁻¹` with `Φ` the lower triangle of `Lᵀ L̄`, its diagonal halved
    /// (Murray 2016, arXiv:1602.07527); as in TensorFlow, spread over both triangles.
    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        let l = node.output()
        let shape = graph.shape(of: l)
        let size = shape[shape.rank - 1]
        let mask = try Tensor(
            (0..<size).flatMap { row in
                (0..<size).map { $0 < row ? Float(1) : $0 == row ? 0.5 : 0 }
            }, shape: Shape([size, size]))
        let product = try graph.matmul(l, gradient, transposesA: true)
        let lower = try graph.multiply(product, graph.constant(mask))
        var swap = Array(0..<shape.rank)
        swap.swapAt(shape.rank - 1, shape.rank - 2)
        let both = try graph.add(lower, graph.transpose(lower, permutation: swap))
        let left = try graph.apply(Solve(isTransposed: true), l, both)
        let result = try graph.apply(
            Solve(isTransposed: true), l, graph.transpose(left, permutation: swap))
        return [try graph.scale(result, by: 0.5)]
    }
}

/// `P A = L U` in one matrix, and the rows' order as int32: `[…, n, n]` → `[…, n, n]`, `[…, n]`.
package struct LUFactor: Op {
    package init() {}

    package var name: String { "lu_factor" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let size = try squareSize(inputs[0])
        return [inputs[0], TensorType(try Shape(batch(inputs[0]) + [size]), .int32)]
    }

    package func evaluate(_ call: OpCall) throws {
        let size = call.inputTypes[0].shape[call.inputTypes[0].rank - 1]
        let order = call.output(1, as: Int32.self)
        try call.forEachMatrix { index in
            let parts = LUDecomposition(
                DenseMatrix(size, size, at: call.floats(0) + index * size * size))
            parts.triangles.write(to: call.outputFloats() + index * size * size)
            // Where each row went, which is how Keras on TensorFlow gives the pivots.
            for (place, row) in parts.permutation.enumerated() {
                order[index * size + row] = Int32(place)
            }
        }
    }
}

/// `A = Q R` with orthogonal columns, by Householder's reflections: `[…, m, n]` →
/// `[…, m, k]`, `[…, k, n]`, where `k` is min(m, n), or m if complete.
package struct QRFactor: Op {
    package let isComplete: Bool

    package init(isComplete: Bool) { self.isComplete = isComplete }

    package var name: String { "qr" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let (rows, columns) = try matrixSize(inputs[0])
        let inner = isComplete ? rows : min(rows, columns)
        return [
            TensorType(try Shape(batch(inputs[0]) + [rows, inner])),
            TensorType(try Shape(batch(inputs[0]) + [inner, columns])),
        ]
    }

    package func evaluate(_ call: OpCall) throws {
        let type = call.inputTypes[0]
        let (rows, columns) = (type.shape[type.rank - 2], type.shape[type.rank - 1])
        let inner = isComplete ? rows : min(rows, columns)
        try call.forEachMatrix { index in
            var r = DenseMatrix(rows, columns, at: call.floats(0) + index * rows * columns)
            var q = DenseMatrix(zeros: rows, rows)
            for row in 0..<rows { q[row, row] = 1 }
            for step in 0..<max(0, min(rows - 1, columns)) { Self.reflect(step, &r, &q) }
            for row in 0..<rows {
                for column in 0..<inner {
                    call.outputFloats()[(index * rows + row) * inner + column] =
                        Float(q[row, column])
                }
            }
            for row in 0..<inner {
                for column in 0..<columns {
                    call.outputFloats(1)[(index * inner + row) * columns + column] =
                        column < row ? 0 : Float(r[row, column])
                }
            }
        }
    }

    /// Clears what is below the diagonal in one column, as LAPACK chooses the signs.
    private static func reflect(_ step: Int, _ r: inout DenseMatrix, _ q: inout DenseMatrix) {
        let below = ((step + 1)..<r.rows).reduce(0) { $0 + r[$1, step] * r[$1, step] }
        guard below > 0 else { return }
        let head = r[step, step]
        let norm = sqrt(head * head + below)
        var vector = [Double](repeating: 0, count: r.rows)
        vector[step] = head + (head < 0 ? -norm : norm)
        for row in (step + 1)..<r.rows { vector[row] = r[row, step] }
        let scale = 2 / (vector[step] * vector[step] + below)
        for column in 0..<r.columns {
            let dot = (step..<r.rows).reduce(0) { $0 + vector[$1] * r[$1, column] } * scale
            for row in step..<r.rows { r[row, column] -= dot * vector[row] }
        }
        for row in 0..<q.rows {
            let dot = (step..<q.columns).reduce(0) { $0 + q[row, $1] * vector[$1] } * scale
            for column in step..<q.columns { q[row, column] -= dot * vector[column] }
        }
    }
}

/// Eigenvalues in ascending order and eigenvectors of symmetric matrices, by Jacobi's rotations:
/// `[…, n, n]` → `[…, n]`, `[…, n, n]`. The sign of a vector is open.
package struct SymmetricEigen: Op {
    package init() {}

    package var name: String { "eigh" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let size = try squareSize(inputs[0])
        return [TensorType(try Shape(batch(inputs[0]) + [size])), inputs[0]]
    }

    package func evaluate(_ call: OpCall) throws {
        let size = call.inputTypes[0].shape[call.inputTypes[0].rank - 1]
        try call.forEachMatrix { index in
            var a = DenseMatrix(size, size, at: call.floats(0) + index * size * size)
            // Only the lower triangle counts.
            for row in 0..<size { for column in 0..<row { a[column, row] = a[row, column] } }
            let vectors = Self.diagonalize(&a)
            let order = (0..<size).sorted { a[$0, $0] < a[$1, $1] }
            for (place, column) in order.enumerated() {
                call.outputFloats()[index * size + place] = Float(a[column, column])
                for row in 0..<size {
                    call.outputFloats(1)[(index * size + row) * size + place] =
                        Float(vectors[row, column])
                }
            }
        }
    }

    private static let largestSweepCount = 64

    private static func diagonalize(_ a: inout DenseMatrix) -> DenseMatrix {
        let size = a.rows
        var vectors = DenseMatrix(zeros: size, size)
        for row in 0..<size { vectors[row, row] = 1 }
        for _ in 0..<largestSweepCount {
            var off = 0.0
            var all = 0.0
            for row in 0..<size {
                for column in 0..<size {
                    all += a[row, column] * a[row, column]
                    if row != column { off += a[row, column] * a[row, column] }
                }
            }
            guard off > all * 1e-28 else { break }
            for p in 0..<size {
                for q in (p + 1)..<max(size, p + 1) where a[p, q] != 0 {
                    rotate(p, q, &a, &vectors)
                }
            }
        }
        return vectors
    }

    /// Makes element (p, q) zero.
    private static func rotate(
        _ p: Int, _ q: Int, _ a: inout DenseMatrix, _ vectors: inout DenseMatrix
    ) {
        let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
        let t = (theta < 0 ? -1.0 : 1.0) / (abs(theta) + sqrt(theta * theta + 1))
        let c = 1 / sqrt(t * t + 1)
        let s = t * c
        for k in 0..<a.rows {
            let (x, y) = (a[k, p], a[k, q])
            (a[k, p], a[k, q]) = (c * x - s * y, s * x + c * y)
        }
        for k in 0..<a.rows {
            let (x, y) = (a[p, k], a[q, k])
            (a[p, k], a[q, k]) = (c * x - s * y, s * x + c * y)
        }
        for k in 0..<a.rows {
            let (x, y) = (vectors[k, p], vectors[k, q])
            (vectors[k, p], vectors[k, q]) = (c * x - s * y, s * x + c * y)
        }
    }
}
