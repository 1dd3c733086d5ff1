internal import CKernels
package import SwiftletTensor

/// Features of a set of images, one row for each.
package struct FeatureRows: Sendable {
    /// `[count, width]`, float32 or float64.
    package let tensor: Tensor
    package var count: Int { tensor.shape[0] }
    package var width: Int { tensor.shape[1] }

    private static let block = 256

    /// - Throws: ``ScoreError`` if this is no matrix of finite numbers.
    package init(_ tensor: Tensor, as input: ScoreError.Input) throws(ScoreError) {
        let readable = try tensor.readable(as: input)
        guard readable.rank == 2, let width = readable.shape.last, width > 0 else {
            throw .shape(input, found: tensor.shape, needed: "[images, features]")
        }
        guard readable.shape[0] > 0 else { throw .empty }
        guard max(width, readable.shape[0]) <= LinearAlgebra.largestExtent else {
            throw .shape(input, found: tensor.shape, needed: "less than 2³¹ rows and columns")
        }
        self.tensor = readable
        var row = 0
        var buffer = [Double](repeating: 0, count: Self.block * width)
        while row < count {
            let range = row..<min(count, row + Self.block)
            let bad = buffer.withUnsafeMutableBufferPointer { read(range, into: $0) }
            guard bad == range.count * width else {
                throw .element(
                    input, index: [row + bad / width, bad % width], found: buffer[bad],
                    needed: "a finite number")
            }
            row = range.upperBound
        }
    }

    /// Copies rows as doubles; returns the place of the first that is not finite, or their number.
    @discardableResult
    func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Double>) -> Int {
        tensor.withUnsafeBytes {
            sl_score_read_doubles(
                $0.baseAddress, tensor.scoreType, rows.lowerBound * width, 1, rows.count * width,
                target.baseAddress)
        }
    }

    /// The rows at `indices`, in that order.
    package func rows(
        at indices: some Collection<Int>, as input: ScoreError.Input
    ) throws(ScoreError) -> FeatureRows {
        let part: Tensor
        do {
            part = try tensor.rows(at: Array(indices))
        } catch {
            throw .memory("\(error)")
        }
        return try FeatureRows(part, as: input)
    }

    /// The rows at `indices`, in that order, as doubles.
    func gathered(_ indices: some Collection<Int>) -> [Double] {
        [Double](unsafeUninitializedCapacity: indices.count * width) { target, count in
            var start = 0
            for index in indices {
                read(
                    index..<index + 1,
                    into: UnsafeMutableBufferPointer(rebasing: target[start..<start + width]))
                start += width
            }
            count = start
        }
    }
}

/// The scalar products of a block of rows with a block of others.
struct RowProducts {
    let rows: Range<Int>
    let columns: Range<Int>
    /// Row by row.
    let products: UnsafePointer<Double>
    let rowValues: UnsafePointer<Double>
    let columnValues: UnsafePointer<Double>
    /// Squared lengths.
    let rowLengths: UnsafePointer<Double>
    let columnLengths: UnsafePointer<Double>

    private static let block = 512

    /// Column − row where a row meets itself, if both are of one set.
    var diagonal: Int { rows.lowerBound - columns.lowerBound }
    /// A diagonal that no pair lies on.
    static let noDiagonal = Int.max

    var distances: sl_score_distances {
        sl_score_distances(
            products: products, rows: rows.count, columns: columns.count, ld: columns.count,
            row_lengths: rowLengths, column_lengths: columnLengths)
    }

    /// Calls `body` with block after block of the products of all rows of `a` and `b`.
    ///
    /// - Parameter onlyUpper: leaves out blocks below the diagonal.
    static func forEach(
        _ a: FeatureRows, _ b: FeatureRows, onlyUpper: Bool = false, _ body: (RowProducts) -> Void
    ) {
        let width = a.width
        var left = [Double](repeating: 0, count: min(block, a.count) * width)
        var right = [Double](repeating: 0, count: min(block, b.count) * width)
        var leftLengths = [Double](repeating: 0, count: block)
        var rightLengths = [Double](repeating: 0, count: block)
        var products = [Double](repeating: 0, count: min(block, a.count) * min(block, b.count))
        for row in stride(from: 0, to: a.count, by: block) {
            let rows = row..<min(a.count, row + block)
            left.withUnsafeMutableBufferPointer { _ = a.read(rows, into: $0) }
            sl_score_squared_lengths(left, rows.count, width, &leftLengths)
            for column in stride(from: onlyUpper ? row : 0, to: b.count, by: block) {
                let columns = column..<min(b.count, column + block)
                right.withUnsafeMutableBufferPointer { _ = b.read(columns, into: $0) }
                sl_score_squared_lengths(right, columns.count, width, &rightLengths)
                LinearAlgebra.rowProducts(
                    left, rows.count, right, columns.count, width: width, into: &products)
                products.withUnsafeBufferPointer { products in
                    left.withUnsafeBufferPointer { left in
                        right.withUnsafeBufferPointer { right in
                            leftLengths.withUnsafeBufferPointer { leftLengths in
                                rightLengths.withUnsafeBufferPointer { rightLengths in
                                    guard let products = products.baseAddress,
                                        let left = left.baseAddress, let right = right.baseAddress,
                                        let leftLengths = leftLengths.baseAddress,
                                        let rightLengths = rightLengths.baseAddress
                                    else { return }
                                    body(
                                        RowProducts(
                                            rows: rows, columns: columns, products: products,
                                            rowValues: left, columnValues: right,
                                            rowLengths: leftLengths, columnLengths: rightLengths))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
