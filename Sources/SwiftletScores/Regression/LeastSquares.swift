package import SwiftletTensor

/// `y ≈ x · coefficients + intercept` with the least squared error: the baseline that a regression
/// network has to be worth its cost against.
package struct LeastSquares: Sendable {
    /// `[features]`
    package let coefficients: [Double]
    package let intercept: Double

    /// Solves the normal equations of the centred data by Cholesky's decomposition.
    ///
    /// - Parameters:
    ///   - x: `[samples, features]`, more samples than features.
    ///   - y: `[samples]` or `[samples, 1]`.
    /// - Throws: ``ScoreError/mismatch(_:)`` if a feature depends on the others.
    /// - Complexity: O(samples · features² + features³).
    package init(x: Tensor, y: Tensor) throws {
        let count = x.shape.first ?? 0
        guard x.rank == 2, count > 0, y.elementCount == count else {
            throw ScoreError.mismatch("features of \(x.shape) do not fit targets of \(y.shape)")
        }
        let features = x.shape[1]
        let rows = try x.converted(to: .float64).elements(of: Double.self)
        let targets = try y.converted(to: .float64).elements(of: Double.self)
        let targetMean = targets.reduce(0, +) / Double(count)
        let means = (0..<features).map { feature in
            stride(from: feature, to: rows.count, by: features).reduce(0) { $0 + rows[$1] }
                / Double(count)
        }
        var matrix = [[Double]](
            repeating: [Double](repeating: 0, count: features), count: features)
        var right = [Double](repeating: 0, count: features)
        for sample in 0..<count {
            let row = (0..<features).map { rows[sample * features + $0] - means[$0] }
            for i in 0..<features {
                for j in 0...i { matrix[i][j] += row[i] * row[j] }
                right[i] += row[i] * (targets[sample] - targetMean)
            }
        }
        let solution = try Self.solve(&matrix, right)
        coefficients = solution
        intercept = targetMean - zip(means, solution).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Solves `matrix · solution = right` for a symmetric positive definite matrix, of which the
    /// lower half is given.
    private static func solve(_ matrix: inout [[Double]], _ right: [Double]) throws -> [Double] {
        let size = right.count
        for i in 0..<size {
            for j in 0...i {
                var value = matrix[i][j]
                for k in 0..<j { value -= matrix[i][k] * matrix[j][k] }
                if i > j {
                    matrix[i][j] = value / matrix[j][j]
                } else {
                    guard value > 1e-12 * abs(matrix[i][i]), value > 0 else {
                        throw ScoreError.mismatch("feature \(i) depends on those before it")
                    }
                    matrix[i][i] = value.squareRoot()
                }
            }
        }
        var solution = right
        for i in 0..<size {
            for k in 0..<i { solution[i] -= matrix[i][k] * solution[k] }
            solution[i] /= matrix[i][i]
        }
        for i in (0..<size).reversed() {
            for k in i + 1..<size { solution[i] -= matrix[k][i] * solution[k] }
            solution[i] /= matrix[i][i]
        }
        return solution
    }

    /// The answers for `x` `[samples, features]`, as float64 `[samples]`.
    package func predict(_ x: Tensor) throws -> Tensor {
        guard x.rank == 2, x.shape[1] == coefficients.count else {
            throw ScoreError.mismatch("\(coefficients.count) features needed, \(x.shape) found")
        }
        let rows = try x.converted(to: .float64).elements(of: Double.self)
        return try Tensor(
            (0..<x.shape[0]).map { sample in
                coefficients.indices.reduce(intercept) {
                    $0 + coefficients[$1] * rows[sample * coefficients.count + $1]
                }
            })
    }
}
