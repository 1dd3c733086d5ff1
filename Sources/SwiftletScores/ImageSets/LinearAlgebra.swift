internal import CLAPACK

/// A matrix of doubles, column by column.
struct DoubleMatrix: Sendable {
    let rows: Int
    let columns: Int
    var values: [Double]

    init(rows: Int, columns: Int, values: [Double]) {
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    var transposed: DoubleMatrix {
        var result = DoubleMatrix(rows: columns, columns: rows)
        for column in 0..<columns {
            for row in 0..<rows {
                result.values[row * columns + column] = values[column * rows + row]
            }
        }
        return result
    }

    init(rows: Int, columns: Int) {
        self.init(
            rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
    }
}

/// Dense linear algebra of the system's LAPACK.
enum LinearAlgebra {
    /// Extents are 32-bit numbers there.
    static let largestExtent = Int(Int32.max)

    /// Up to this extent singular values are taken directly; beyond, as roots of eigenvalues, which
    /// is some four times faster and leaves small ones uncertain by 1e-8 of the largest.
    private static let largestDirectExtent = 1024

    /// To be called before anything else here.
    static func open() throws(ScoreError) {
        if let failure = sl_lapack_open() { throw .library(String(cString: failure)) }
    }

    /// `aᵀ · b`
    static func product(ofTransposed a: DoubleMatrix, _ b: DoubleMatrix) -> DoubleMatrix {
        var result = DoubleMatrix(rows: a.columns, columns: b.columns)
        guard a.columns > 0, b.columns > 0 else { return result }
        sl_lapack_product(
            true, false, Int32(a.columns), Int32(b.columns), Int32(a.rows), 1, a.values,
            Int32(a.rows), b.values, Int32(b.rows), 0, &result.values, Int32(a.columns))
        return result
    }

    /// The scalar products of rows with other rows, row by row.
    static func rowProducts(
        _ rows: UnsafePointer<Double>, _ rowCount: Int, _ others: UnsafePointer<Double>,
        _ otherCount: Int, width: Int, into products: UnsafeMutablePointer<Double>
    ) {
        sl_lapack_product(
            true, false, Int32(otherCount), Int32(rowCount), Int32(width), 1, others, Int32(width),
            rows, Int32(width), 0, products, Int32(otherCount))
    }

    /// Adds `Σ row · rowᵀ` to the lower triangle of a `width` × `width` matrix.
    static func addSquares(
        _ rows: UnsafePointer<Double>, _ count: Int, width: Int, factor: Double = 1,
        to matrix: UnsafeMutablePointer<Double>
    ) {
        guard count > 0 else { return }
        sl_lapack_add_squares(
            Int32(width), Int32(count), factor, rows, Int32(width), 1, matrix, Int32(width))
    }

    /// `a · aᵀ`
    static func gram(_ a: DoubleMatrix) -> DoubleMatrix {
        var square = DoubleMatrix(rows: a.rows, columns: a.rows)
        guard a.rows > 0 else { return square }
        addSquares(a.values, a.columns, width: a.rows, to: &square.values)
        for column in 0..<a.rows {
            for row in column..<a.rows {
                square.values[row * a.rows + column] = square.values[column * a.rows + row]
            }
        }
        return square
    }

    /// The sum of the singular values.
    ///
    /// - Parameter gram: `matrix · matrixᵀ` if it is at hand.
    static func nuclearNorm(
        _ matrix: DoubleMatrix, gram: DoubleMatrix? = nil
    ) throws(ScoreError) -> Double {
        let smaller = min(matrix.rows, matrix.columns)
        guard smaller > 0 else { return 0 }
        var values = [Double](repeating: 0, count: smaller)
        if smaller <= largestDirectExtent {
            var matrix = matrix
            try check(
                sl_lapack_singular_values(
                    Int32(matrix.rows), Int32(matrix.columns), &matrix.values,
                    Int32(matrix.rows), &values))
            return values.reduce(0, +)
        }
        var squares =
            matrix.rows == smaller
            ? gram ?? Self.gram(matrix) : Self.gram(matrix.transposed)
        try check(
            sl_lapack_eigenvalues(
                false, Int32(smaller), &squares.values, Int32(smaller), &values))
        return values.reduce(0) { $0 + max($1, 0).squareRoot() }
    }

    /// `F` with `F · Fᵀ` = a symmetric, positive semidefinite matrix.
    struct Factor: Sendable {
        let matrix: DoubleMatrix
        /// Whether it is the Cholesky factor; where that does not exist, scaled eigenvectors.
        let isTriangular: Bool

        /// `F⁺ · b`
        func solve(_ b: DoubleMatrix) -> DoubleMatrix {
            guard !isTriangular else {
                var result = b
                sl_lapack_solve_lower(
                    Int32(matrix.rows), Int32(b.columns), matrix.values, Int32(matrix.rows),
                    &result.values, Int32(matrix.rows))
                return result
            }
            var result = product(ofTransposed: matrix, b)
            for row in 0..<matrix.columns {
                var square = 0.0
                for value in matrix.values[row * matrix.rows..<(row + 1) * matrix.rows] {
                    square += value * value
                }
                for column in 0..<b.columns {
                    result.values[column * matrix.columns + row] /= square
                }
            }
            return result
        }
    }

    static func factor(_ matrix: DoubleMatrix) throws(ScoreError) -> Factor {
        let extent = matrix.rows
        var lower = matrix
        let tolerance = Double.ulpOfOne * Double(extent)
        let largest = (0..<extent).map { matrix.values[$0 * (extent + 1)] }.max() ?? 0
        let status = sl_lapack_cholesky(Int32(extent), &lower.values, Int32(extent))
        let smallest = (0..<extent).map { lower.values[$0 * (extent + 1)] }.min() ?? 0
        if status == SL_LAPACK_DONE, smallest * smallest > tolerance * largest {
            for column in 1..<max(extent, 1) {
                for row in 0..<column { lower.values[column * extent + row] = 0 }
            }
            return Factor(matrix: lower, isTriangular: true)
        }
        var vectors = matrix
        var values = [Double](repeating: 0, count: extent)
        try check(
            sl_lapack_eigenvalues(true, Int32(extent), &vectors.values, Int32(extent), &values))
        let first = values.firstIndex { $0 > tolerance * (values.last ?? 0) } ?? extent
        var factor = DoubleMatrix(rows: extent, columns: extent - first)
        for column in 0..<factor.columns {
            let scale = values[first + column].squareRoot()
            for row in 0..<extent {
                factor.values[column * extent + row] =
                    vectors.values[(first + column) * extent + row] * scale
            }
        }
        return Factor(matrix: factor, isTriangular: false)
    }

    /// `yᵀ square^½ y` for every column y of `starts`.
    ///
    /// Exactly for small matrices; for large ones by some steps of Lanczos from y, whose Gauss
    /// quadrature knows the root to a few parts in a hundred where y has all directions.
    static func rootForms(
        of square: DoubleMatrix, _ starts: DoubleMatrix
    ) throws(ScoreError) -> [Double] {
        let extent = square.rows
        guard extent > largestExactRoot else {
            var vectors = square
            var values = [Double](repeating: 0, count: extent)
            try check(
                sl_lapack_eigenvalues(
                    true, Int32(extent), &vectors.values, Int32(extent), &values))
            let shares = product(ofTransposed: vectors, starts)
            return (0..<starts.columns).map { column in
                var sum = 0.0
                for (row, value) in values.enumerated() {
                    let share = shares.values[column * extent + row]
                    sum += share * share * max(value, 0).squareRoot()
                }
                return sum
            }
        }
        return try lanczos(square, starts)
    }

    private static let largestExactRoot = 512
    private static let lanczosSteps = 12

    private static func lanczos(
        _ matrix: DoubleMatrix, _ starts: DoubleMatrix
    ) throws(ScoreError) -> [Double] {
        let (rows, columns) = (starts.rows, starts.columns)
        var (before, current) = (DoubleMatrix(rows: rows, columns: columns), starts)
        let lengths = normalize(&current)
        var couplings = [Double](repeating: 0, count: columns)
        var tridiagonals = [DoubleMatrix](
            repeating: DoubleMatrix(rows: lanczosSteps, columns: lanczosSteps), count: columns)
        for step in 0..<lanczosSteps {
            var next = product(ofTransposed: matrix, current)
            for column in 0..<columns {
                let range = column * rows..<(column + 1) * rows
                var diagonal = 0.0
                for place in range { diagonal += next.values[place] * current.values[place] }
                for place in range {
                    next.values[place] -=
                        diagonal * current.values[place]
                        + couplings[column] * before.values[place]
                }
                tridiagonals[column].values[step * (lanczosSteps + 1)] = diagonal
            }
            couplings = normalize(&next)
            if step + 1 < lanczosSteps {
                for column in 0..<columns {
                    tridiagonals[column].values[step * (lanczosSteps + 1) + 1] = couplings[column]
                }
            }
            (before, current) = (current, next)
        }
        var forms: [Double] = []
        for (tridiagonal, length) in zip(tridiagonals, lengths) {
            var vectors = tridiagonal
            var values = [Double](repeating: 0, count: lanczosSteps)
            try check(
                sl_lapack_eigenvalues(
                    true, Int32(lanczosSteps), &vectors.values, Int32(lanczosSteps), &values))
            var sum = 0.0
            for (index, value) in values.enumerated() {
                let share = vectors.values[index * lanczosSteps]
                sum += share * share * max(value, 0).squareRoot()
            }
            forms.append(sum * length * length)
        }
        return forms
    }

    /// Brings columns to length 1; returns their lengths. A column of zeros stays one.
    private static func normalize(_ matrix: inout DoubleMatrix) -> [Double] {
        (0..<matrix.columns).map { column in
            let range = column * matrix.rows..<(column + 1) * matrix.rows
            var square = 0.0
            for place in range { square += matrix.values[place] * matrix.values[place] }
            let length = square.squareRoot()
            guard length > 0 else { return 0 }
            for place in range { matrix.values[place] /= length }
            return length
        }
    }

    private static func check(_ status: Int32) throws(ScoreError) {
        switch status {
        case Int32(SL_LAPACK_DONE): return
        case Int32(SL_LAPACK_NO_MEMORY): throw .memory("no memory for eigenvalues")
        default: throw .mismatch("the eigenvalues of a covariance were not found")
        }
    }
}
