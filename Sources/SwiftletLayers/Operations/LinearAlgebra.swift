internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    static let linearAlgebra: OperationRows = [
        "Norm": .one { try $0.norm() },
        "Det": .one { c in try c.determinant(c.x()) },
        "Inv": .one { c in try c.inverse(c.real(c.x())) },
        "Solve": .one { try $0.solution() },
        "SolveTriangular": .one { try $0.triangularSolution() },
        "Cholesky": .one { try $0.cholesky() },
        "CholeskyInverse": .one { try $0.choleskyInverse() },
        "LuFactor": .many { try $0.triangles() },
        "Qr": .many { try $0.orthogonalTriangles() },
        "Eigh": .many { c in
            try c.graph.append(SymmetricEigen(), [c.real(c.x())])
        },
    ]
}

extension OperationCall {
    // MARK: Norms

    /// `(Σ |x|^order)^(1 / order)`, and its limits at 0 and infinity.
    mutating func vectorNorm(
        _ x: Value, _ axes: [Int], order: Double, keeps: Bool
    ) throws -> Value {
        let absolute = try graph.unary(.abs, x)
        switch order {
        case 2:
            return try graph.squareRoot(
                graph.sum(graph.square(x), axes: axes, keepsDimensions: keeps))
        case .infinity: return try graph.max(absolute, axes: axes, keepsDimensions: keeps)
        case -.infinity: return try graph.min(absolute, axes: axes, keepsDimensions: keeps)
        case 0:
            let other = try graph.compare(.notEqual, x, graph.constant(0))
            return try graph.sum(
                graph.indicator(other), axes: axes, keepsDimensions: keeps)
        case 1: return try graph.sum(absolute, axes: axes, keepsDimensions: keeps)
        default:
            let powers = try graph.power(absolute, graph.constant(Float(order)))
            return try graph.power(
                graph.sum(powers, axes: axes, keepsDimensions: keeps),
                graph.constant(Float(1 / order)))
        }
    }

    fileprivate mutating func norm() throws -> Value {
        let x = try real(x())
        let rank = shape(x).count
        let axes =
            options.value("axis") == nil
            ? Array(0..<rank)
            : try options.intList("axis").map { try axis($0, rank: rank) }
        let keeps = try keepsDimensions()
        let given = options.value("ord")
        if let text = given?.string, ["inf", "-inf"].contains(text) == false || axes.count == 0 {
            guard axes.count == 2, text == "fro" else {
                throw refusal("the norm \"\(text)\" is not supported")
            }
            return try vectorNorm(x, axes.sorted(), order: 2, keeps: keeps)
        }
        let infinite = given?.string.map { $0 == "inf" ? Double.infinity : -Double.infinity }
        let order = infinite ?? given?.double
        guard let order, axes.count == 2 else {
            guard axes.count <= 2 || order == nil else {
                throw refusal("a norm over \(axes.count) axes")
            }
            return try vectorNorm(x, axes.sorted(), order: order ?? 2, keeps: keeps)
        }
        // The sum over one axis, then the extreme over the other.
        guard abs(order) == 1 || order.isInfinite else {
            throw refusal("the matrix norm of order \(order) is not supported")
        }
        let (summed, other) = abs(order) == 1 ? (axes[0], axes[1]) : (axes[1], axes[0])
        let sums = try graph.sum(
            graph.unary(.abs, x), axes: [summed], keepsDimensions: true)
        let result = try graph.reduce(
            order > 0 ? .maximum : .minimum, sums, axes: [other], keepsDimensions: true)
        if keeps { return result }
        return try graph.reshape(
            result, to: (0..<rank).filter { !axes.contains($0) }.map { shape(x)[$0] })
    }

    // MARK: Factorizations

    /// The size of the last two axes, which must be equal.
    private func side(_ x: Value) throws -> Int {
        let extents = shape(x)
        guard extents.count >= 2, extents[extents.count - 1] == extents[extents.count - 2] else {
            throw refusal("square matrices expected, \(extents) found")
        }
        return extents[extents.count - 1]
    }

    mutating func determinant(_ given: Value) throws -> Value {
        let x = try real(given)
        _ = try side(x)
        return try graph.apply(Determinant(kind: .plain), x)
    }

    mutating func logDeterminant(_ given: Value) throws -> Value {
        let x = try real(given)
        _ = try side(x)
        return try graph.apply(Determinant(kind: .logarithm), x)
    }

    mutating func signAndLogDeterminant() throws -> [Value] {
        let x = try real(x())
        _ = try side(x)
        let sign = try graph.unary(.sign, graph.apply(Determinant(kind: .sign), x))
        return [sign, try graph.apply(Determinant(kind: .logarithm), x)]
    }

    mutating func inverse(_ x: Value) throws -> Value {
        try graph.apply(Solve(), x, identity(side(x), like: x))
    }

    /// Unit matrices for all matrices of `x`.
    private mutating func identity(_ size: Int, like x: Value) throws -> Value {
        try checkTable(size, size)
        let eye = try Tensor(
            (0..<size).flatMap { row in (0..<size).map { row == $0 ? Float(1) : 0 } },
            shape: Shape([size, size]))
        return try graph.broadcast(
            graph.constant(eye), to: Shape(shape(x).dropLast(2) + [size, size]))
    }

    private mutating func solved(
        _ body: (inout OperationCall, Value, Value) throws -> Value
    ) throws -> Value {
        let (a, b) = (try real(tensor(0, "a")), try real(tensor(1, "b")))
        _ = try side(a)
        guard shape(b).count == shape(a).count - 1 else { return try body(&self, a, b) }
        let result = try body(&self, a, expanded(b, [-1]))
        return try graph.reshape(result, to: shape(b))
    }

    fileprivate mutating func solution() throws -> Value {
        try solved { c, a, b in try c.graph.apply(Solve(), a, b) }
    }

    /// Only the triangle that is meant counts.
    fileprivate mutating func triangularSolution() throws -> Value {
        let isLower = try options.bool("lower", default: false)
        return try solved { c, a, b in
            let triangle = try c.masked(a) { isLower ? $1 <= $0 : $1 >= $0 }
            return try c.graph.apply(Solve(), triangle, b)
        }
    }

    fileprivate mutating func cholesky() throws -> Value {
        let x = try real(x())
        _ = try side(x)
        let lower = try graph.apply(CholeskyFactor(), x)
        guard try options.bool("upper", default: false) else { return lower }
        return try moved(lower, [-1], [-2])
    }

    /// The inverse of the matrix whose factor is given.
    fileprivate mutating func choleskyInverse() throws -> Value {
        let x = try real(x())
        let size = try side(x)
        let isUpper = try options.bool("upper", default: false)
        let triangle = try masked(x) { isUpper ? $1 >= $0 : $1 <= $0 }
        let inverse = try graph.apply(Solve(), triangle, identity(size, like: x))
        return try graph.matmul(
            inverse, inverse, transposesA: !isUpper, transposesB: isUpper)
    }

    fileprivate mutating func triangles() throws -> [Value] {
        let x = try real(x())
        _ = try side(x)
        return try graph.append(LUFactor(), [x])
    }

    fileprivate mutating func orthogonalTriangles() throws -> [Value] {
        let x = try real(x())
        guard shape(x).count >= 2 else { throw refusal("matrices expected, \(shape(x)) found") }
        let mode = try options.string("mode", default: "reduced")
        guard mode == "reduced" || mode == "complete" else { throw refusal("mode \"\(mode)\"") }
        return try graph.append(QRFactor(isComplete: mode == "complete"), [x])
    }
}
