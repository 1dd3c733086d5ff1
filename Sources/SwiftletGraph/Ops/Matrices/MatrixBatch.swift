internal import SwiftletTensor

/// Dense matrices of double precision in row-major order, for factorizations of small size.
struct DenseMatrix {
    let rows: Int
    let columns: Int
    var numbers: [Double]

    init(zeros rows: Int, _ columns: Int) {
        (self.rows, self.columns) = (rows, columns)
        numbers = [Double](repeating: 0, count: rows * columns)
    }

    init(_ rows: Int, _ columns: Int, at pointer: UnsafePointer<Float>) {
        (self.rows, self.columns) = (rows, columns)
        numbers = (0..<rows * columns).map { Double(pointer[$0]) }
    }

    subscript(row: Int, column: Int) -> Double {
        get { numbers[row * columns + column] }
        set { numbers[row * columns + column] = newValue }
    }

    func write(to pointer: UnsafeMutablePointer<Float>) {
        for index in numbers.indices { pointer[index] = Float(numbers[index]) }
    }

    mutating func swapRows(_ a: Int, _ b: Int) {
        guard a != b else { return }
        for column in 0..<columns {
            numbers.swapAt(a * columns + column, b * columns + column)
        }
    }
}

extension Op {
    /// The rows and columns of an operand's matrices.
    func matrixSize(_ type: TensorType) throws -> (rows: Int, columns: Int) {
        guard type.dtype == .float32, type.rank >= 2 else {
            throw refusal("matrices of float32 expected, \(type) found")
        }
        return (type.shape[type.rank - 2], type.shape[type.rank - 1])
    }

    func squareSize(_ type: TensorType) throws -> Int {
        let size = try matrixSize(type)
        guard size.rows == size.columns else {
            throw refusal("square matrices expected, \(type.shape) found")
        }
        return size.rows
    }

    /// The axes before the last two.
    func batch(_ type: TensorType) -> [Int] { Array(type.shape.dimensions.dropLast(2)) }
}

extension OpCall {
    /// Calls `body` with the number of each matrix of operand 0.
    func forEachMatrix(_ body: (Int) throws -> Void) throws {
        let shape = inputTypes[0].shape
        for index in 0..<shape.count(of: ..<(shape.rank - 2)) { try body(index) }
    }
}

/// `P A = L U` with unit lower triangles, rows exchanged for the largest pivots.
struct LUDecomposition {
    /// Both triangles in one matrix.
    private(set) var triangles: DenseMatrix
    /// Row `k` of the product is row `permutation[k]` of the matrix.
    private(set) var permutation: [Int]
    private(set) var sign = 1.0

    init(_ matrix: DenseMatrix) {
        triangles = matrix
        permutation = Array(0..<matrix.rows)
        for step in 0..<matrix.rows {
            let pivot =
                (step..<matrix.rows).max { abs(triangles[$0, step]) < abs(triangles[$1, step]) }
                ?? step
            if pivot != step {
                triangles.swapRows(pivot, step)
                permutation.swapAt(pivot, step)
                sign = -sign
            }
            let head = triangles[step, step]
            guard head != 0 else { continue }
            for row in (step + 1)..<max(matrix.rows, step + 1) {
                let factor = triangles[row, step] / head
                triangles[row, step] = factor
                guard factor != 0 else { continue }
                for column in (step + 1)..<max(matrix.columns, step + 1) {
                    triangles[row, column] -= factor * triangles[step, column]
                }
            }
        }
    }

    var diagonal: [Double] { (0..<triangles.rows).map { triangles[$0, $0] } }

    /// `A⁻¹ B`; nil for a singular matrix.
    func solve(_ right: DenseMatrix) -> DenseMatrix? {
        guard diagonal.allSatisfy({ $0 != 0 }) else { return nil }
        let size = triangles.rows
        var x = DenseMatrix(zeros: size, right.columns)
        for column in 0..<right.columns {
            for row in 0..<size {
                var sum = right[permutation[row], column]
                for k in 0..<row { sum -= triangles[row, k] * x[k, column] }
                x[row, column] = sum
            }
            for row in (0..<size).reversed() {
                var sum = x[row, column]
                for k in (row + 1)..<max(size, row + 1) { sum -= triangles[row, k] * x[k, column] }
                x[row, column] = sum / triangles[row, row]
            }
        }
        return x
    }
}
