/// Every k-th row of a stream, k a power of two that grows with it: between 128 and 256 of many.
struct FeatureSample: Sendable {
    private static let capacity = 256

    private let width: Int
    private var rows: [Double] = []
    private var stride = 1
    /// Rows until the next one that is kept.
    private var wait = 0

    init(width: Int) { self.width = width }

    var count: Int { rows.count / width }

    /// Takes rows in, one after the other.
    mutating func add(_ values: [Double]) {
        var row = 0
        while true {
            if wait > values.count / width - row - 1 {
                wait -= values.count / width - row
                return
            }
            row += wait
            rows += values[row * width..<(row + 1) * width]
            (row, wait) = (row + 1, stride - 1)
            if count >= Self.capacity { thin() }
        }
    }

    mutating func merge(_ other: Self) {
        var other = other
        while stride < other.stride { thin() }
        while other.stride < stride { other.thin() }
        rows += other.rows
        while count >= Self.capacity { thin() }
    }

    /// Leaves every second row.
    private mutating func thin() {
        let kept = (count + 1) / 2
        for row in 1..<max(kept, 1) {
            for column in 0..<width { rows[row * width + column] = rows[2 * row * width + column] }
        }
        rows.removeLast(rows.count - kept * width)
        wait = stride - 1
        stride *= 2
    }

    /// The rows as columns, `mean` subtracted.
    func columns(without mean: [Double]) -> DoubleMatrix {
        var result = DoubleMatrix(rows: width, columns: count, values: rows)
        for column in 0..<count {
            for row in 0..<width { result.values[column * width + row] -= mean[row] }
        }
        return result
    }

    /// Which of `count` rows would be kept.
    static func places(of count: Int) -> [Int] {
        var stride = 1
        while (count + stride - 1) / stride >= capacity { stride *= 2 }
        return Array(Swift.stride(from: 0, to: count, by: stride))
    }
}
