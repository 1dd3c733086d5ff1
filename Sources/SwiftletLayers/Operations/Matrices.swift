internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Diagonals and triangles.
    static let matrices: OperationRows = [
        "Tril": .one { c in
            let k = try c.options.int("k", default: 0)
            return try c.masked(c.x()) { $1 - $0 <= k }
        },
        "Triu": .one { c in
            let k = try c.options.int("k", default: 0)
            return try c.masked(c.x()) { $1 - $0 >= k }
        },
        "Diag": .one { c in try c.diagonalOrMatrix(c.x()) },
        "Diagflat": .one { c in try c.diagonalOrMatrix(c.flat(c.x())) },
        "Diagonal": .one { c in try c.diagonal(c.x()) },
        "Trace": .one { c in
            let line = try c.diagonal(c.x())
            let total: DType =
                switch c.dtype(line) {
                case .bool, .int8, .int16: .int32
                case .uint8, .uint16: .uint32
                case let other: other
                }
            let axis = c.shape(line).count - 1
            return try c.reduced(.sum, c.graph.cast(line, to: total), axes: [axis], keeps: false)
        },
        "Vander": .one { try $0.powers() },
        "Slogdet": .many { try $0.signAndLogDeterminant() },
    ]
}

extension OperationCall {
    /// The last two axes with zeros where `keeps` of row and column says so.
    mutating func masked(
        _ x: Value, _ keeps: (Int, Int) -> Bool
    ) throws -> Value {
        let extents = shape(x)
        guard extents.count >= 2 else { throw refusal("a matrix expected, \(extents) found") }
        let (rows, columns) = (extents[extents.count - 2], extents[extents.count - 1])
        try checkTable(rows, columns)
        let mask = try Tensor(
            (0..<rows).flatMap { row in (0..<columns).map { keeps(row, $0) } },
            shape: Shape([rows, columns]))
        return try graph.select(graph.constant(mask), x, number(0, like: x))
    }

    mutating func bandPart() throws -> Value {
        let lower = try staticInts(1, "num_lower").first ?? 0
        let upper = try staticInts(2, "num_upper").first ?? 0
        return try masked(tensor(0, "input")) { row, column in
            (lower < 0 || row - column <= lower) && (upper < 0 || column - row <= upper)
        }
    }

    fileprivate mutating func diagonal(_ x: Value) throws -> Value {
        let rank = shape(x).count
        let first = try axisOption("axis1", rank: rank, default: 0)
        let second = try axisOption("axis2", rank: rank, default: 1)
        guard first != second else { throw refusal("axes \(first) and \(second)") }
        return try diagonal(
            moved(x, [first, second], [rank - 2, rank - 1]),
            offset: options.int("offset", default: 0))
    }

    /// The diagonal of the last two axes.
    private mutating func diagonal(_ x: Value, offset: Int) throws -> Value {
        let extents = shape(x)
        let rest = Array(extents.dropLast(2))
        let (rows, columns) = (extents[extents.count - 2], extents[extents.count - 1])
        try checkTable(rows)
        let places = (0..<rows).filter { 0..<columns ~= $0 &+ offset }
            .map { Int64($0 * columns + $0 + offset) }
        let line = try graph.reshape(x, to: rest + [rows * columns])
        return try graph.gather(line, graph.constant(Tensor(places)), axis: rest.count)
    }

    fileprivate mutating func diagonalOrMatrix(_ x: Value) throws -> Value {
        let k = try options.int("k", default: 0)
        switch shape(x).count {
        case 1:
            let count = shape(x)[0]
            guard abs(k) < 1 << 20 else { throw refusal("diagonal \(k)") }
            let size = count + abs(k)
            try checkTable(size, size)
            let eye = try Tensor(
                (0..<count).flatMap { row in (0..<count).map { row == $0 } },
                shape: Shape([count, count]))
            let inner = try graph.select(graph.constant(eye), x, number(0, like: x))
            let before = [max(0, -k), max(0, k)]
            return try padded(inner, before, before.map { size - count - $0 }, with: nil)
        case 2: return try diagonal(x, offset: k)
        default: throw refusal("a vector or matrix expected, \(shape(x)) found")
        }
    }

    fileprivate mutating func powers() throws -> Value {
        let x = try x()
        guard shape(x).count == 1 else { throw refusal("a vector expected, \(shape(x)) found") }
        let count = try options.int("N", default: shape(x)[0])
        guard 0..<(1 << 20) ~= count else { throw refusal("\(count) powers") }
        let rising = (0..<count).map { Float($0) }
        let isRising = try options.bool("increasing", default: false)
        let exponents = try graph.constant(Tensor(isRising ? rising : rising.reversed()))
        return try cast(graph.power(expanded(real(x), [-1]), exponents), dtype(x))
    }
}
