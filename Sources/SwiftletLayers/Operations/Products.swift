internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Sums of products.
    static let products: OperationRows = [
        "Matmul": .one { try $0.matrixProduct() },
        "Dot": .one { try $0.dotProduct() }, "Inner": .one { try $0.innerProduct() },
        "Vdot": .one { c in
            try c.inProducts { c, a, b in
                let (a, b) = (try c.flat(a), try c.flat(b))
                return try c.contracted(a, [0], b, [0])
            }
        },
        "Tensordot": .one { try $0.tensorProduct() },
        "Einsum": .one { try $0.einsum() },
        "Outer": .one { c in
            let (a, b) = try c.strongPair()
            let column = try c.expanded(c.flat(a), [1])
            return try c.wholeBinary(.multiply, column, c.flat(b))
        },
        "Kron": .one { try $0.kronecker() }, "Cross": .one { try $0.crossProduct() },
        "Correlate": .one { try $0.correlation() }, "Corrcoef": .one { try $0.correlations() },
    ]
}

extension OperationCall {
    /// Computes with both operands as float32; whole numbers become whole again.
    fileprivate mutating func inProducts(
        _ body: (inout OperationCall, Value, Value) throws -> Value
    ) throws -> Value {
        let (a, b) = try strongPair()
        let result = try body(&self, real(a), real(b))
        return try cast(result, dtype(a))
    }

    fileprivate mutating func matrixProduct() throws -> Value {
        let (x1, x2) = (try tensor(0, "x1"), try tensor(1, "x2"))
        let isBytes = dtype(x1) == .int8 && dtype(x2) == .int8
        let product = try inProducts { c, a, b in try c.matrixProduct(a, b) }
        guard isBytes, shape(x1).count > 1, shape(x2).count > 1 else { return product }
        return try graph.cast(matrixProduct(real(x1), real(x2)), to: .int32)
    }

    /// The product of matrices, where a vector is a row before and a column behind.
    mutating func matrixProduct(_ a: Value, _ b: Value) throws -> Value {
        let (rankA, rankB) = (shape(a).count, shape(b).count)
        guard rankA > 0, rankB > 0 else { throw refusal("a scalar has no matrix product") }
        let left = rankA == 1 ? try expanded(a, [0]) : a
        let right = rankB == 1 ? try expanded(b, [1]) : b
        let product = try graph.matmul(left, right)
        var extents = shape(product)
        if rankB == 1 { extents.removeLast() }
        if rankA == 1 { extents.remove(at: extents.count - (rankB == 1 ? 1 : 2)) }
        return try graph.reshape(product, to: extents)
    }

    /// `Σ a · b` over pairs of axes; the other axes of `a`, then those of `b`, stay.
    mutating func contracted(
        _ a: Value, _ axesA: [Int], _ b: Value, _ axesB: [Int]
    ) throws -> Value {
        let (shapeA, shapeB) = (shape(a), shape(b))
        let sums = axesA.map { shapeA[$0] }
        guard axesA.count == axesB.count, sums == axesB.map({ shapeB[$0] }) else {
            throw refusal("axes \(axesA) of \(shapeA) and \(axesB) of \(shapeB) do not fit")
        }
        let restA = shapeA.indices.filter { !axesA.contains($0) }
        let restB = shapeB.indices.filter { !axesB.contains($0) }
        let inner = sums.reduce(1, *)
        let rows = restA.map { shapeA[$0] }
        let columns = restB.map { shapeB[$0] }
        let left = try graph.reshape(
            graph.transpose(a, permutation: restA + axesA), to: [rows.reduce(1, *), inner])
        let right = try graph.reshape(
            graph.transpose(b, permutation: axesB + restB), to: [inner, columns.reduce(1, *)])
        return try graph.reshape(graph.matmul(left, right), to: rows + columns)
    }

    fileprivate mutating func dotProduct() throws -> Value {
        try inProducts { c, a, b in
            let (rankA, rankB) = (c.shape(a).count, c.shape(b).count)
            guard rankA > 0, rankB > 0 else { return try c.graph.multiply(a, b) }
            return try c.contracted(a, [rankA - 1], b, [max(0, rankB - 2)])
        }
    }

    fileprivate mutating func innerProduct() throws -> Value {
        try inProducts { c, a, b in
            let (rankA, rankB) = (c.shape(a).count, c.shape(b).count)
            guard rankA > 0, rankB > 0 else { return try c.graph.multiply(a, b) }
            return try c.contracted(a, [rankA - 1], b, [rankB - 1])
        }
    }

    fileprivate mutating func tensorProduct() throws -> Value {
        let given = options.value("axes") ?? 2
        return try inProducts { c, a, b in
            let (rankA, rankB) = (c.shape(a).count, c.shape(b).count)
            if let count = given.int {
                guard 0...min(rankA, rankB) ~= count else { throw c.refusal("\(count) axes") }
                return try c.contracted(
                    a, Array((rankA - count)..<rankA), b, Array(0..<count))
            }
            let lists = (given.array ?? []).map {
                $0.int.map { [$0] } ?? $0.array?.compactMap(\.int)
            }
            guard lists.count == 2, let first = lists[0], let second = lists[1] else {
                throw c.refusal("axes \(given.text())")
            }
            return try c.contracted(
                a, first.map { try c.axis($0, rank: rankA) },
                b, second.map { try c.axis($0, rank: rankB) })
        }
    }

    fileprivate mutating func kronecker() throws -> Value {
        let (a, b) = try strongPair()
        let rank = max(shape(a).count, shape(b).count)
        func wide(_ x: Value) -> [Int] {
            [Int](repeating: 1, count: rank - shape(x).count) + shape(x)
        }
        let (extentsA, extentsB) = (wide(a), wide(b))
        let left = try graph.reshape(a, to: extentsA.flatMap { [$0, 1] })
        let right = try graph.reshape(b, to: extentsB.flatMap { [1, $0] })
        let sizes = try zip(extentsA, extentsB).map { first, second in
            let (product, overflow) = first.multipliedReportingOverflow(by: second)
            guard !overflow else { throw refusal("the result is too large") }
            return product
        }
        return try graph.reshape(wholeBinary(.multiply, left, right), to: sizes)
    }

    /// Of vectors of two or three components; the third of two is zero.
    fileprivate mutating func crossProduct() throws -> Value {
        let (x1, x2) = try strongPair()
        let all = try options.optionalInt("axis")
        func along(_ key: String) throws -> Int { try all ?? options.int(key, default: -1) }
        let a = try moved(x1, [along("axisa")], [-1])
        let b = try moved(x2, [along("axisb")], [-1])
        func components(_ x: Value) throws -> [Value?] {
            let count = shape(x).last ?? 0
            guard count == 2 || count == 3 else { throw refusal("vectors of \(count) components") }
            let rank = shape(x).count
            let parts = try parts(x, rank - 1, [Int](repeating: 1, count: count))
            return count == 3 ? parts : parts + [nil]
        }
        let (u, v) = (try components(a), try components(b))
        func minor(_ i: Int, _ j: Int) throws -> Value? {
            let first = try product(u[i], v[j])
            guard let second = try product(u[j], v[i]) else { return first }
            return try first.map { try wholeBinary(.subtract, $0, second) } ?? negated(second)
        }
        let third = try minor(0, 1)
        if u[2] == nil, v[2] == nil, let third {
            return try graph.reshape(third, to: shape(third).dropLast())
        }
        let result = try [minor(1, 2), minor(2, 0), third].compactMap { $0 }
        let extents = try result.reduce(Shape.scalar) { shape, part in
            guard let wide = shape.broadcast(with: graph.shape(of: part)) else {
                throw refusal("\(self.shape(x1)) and \(self.shape(x2)) do not fit")
            }
            return wide
        }
        let wide = try result.map { try graph.broadcast($0, to: extents) }
        return try moved(graph.concatenate(wide, axis: -1), [-1], [along("axisc")])
    }

    private mutating func product(_ a: Value?, _ b: Value?) throws -> Value? {
        guard let a, let b else { return nil }
        return try wholeBinary(.multiply, a, b)
    }

    fileprivate mutating func correlation() throws -> Value {
        let (a, b) = try realPair()
        guard shape(a).count == 1, shape(b).count == 1 else {
            throw refusal("vectors expected, \(shape(a)) and \(shape(b)) found")
        }
        let (n, m) = (shape(a)[0], shape(b)[0])
        let mode = try options.string("mode", default: "valid")
        guard ["valid", "same", "full"].contains(mode) else { throw refusal("mode \"\(mode)\"") }
        let margin = mode == "valid" ? 0 : max(m - 1, 0)
        let padded = try graph.pad(a, before: [margin], after: [margin])
        let signal = try graph.reshape(padded, to: [1, n + 2 * margin, 1])
        let kernel = try graph.reshape(b, to: [m, 1, 1])
        let y = try graph.convolution(
            signal, kernel, strides: [1], dilation: [1], padding: [(0, 0)])
        let full = try graph.reshape(y, to: [shape(y)[1]])
        guard mode == "same" else { return full }
        let length = max(n, m)
        let start = (n + m - 1 - length) / 2
        return try graph.slice(full, axis: 0, start..<(start + length))
    }

    /// Of rows of variables with each other.
    fileprivate mutating func correlations() throws -> Value {
        let x = try real(x())
        guard shape(x).count == 2 else { throw refusal("a matrix expected, \(shape(x)) found") }
        let centred = try graph.subtract(x, graph.mean(x, axes: [1], keepsDimensions: true))
        let covariance = try graph.matmul(centred, centred, transposesB: true)
        let squares = try graph.sum(graph.square(centred), axes: [1])
        let roots = try graph.squareRoot(squares)
        let scale = try graph.multiply(expanded(roots, [1]), roots)
        return try graph.unary(
            .clip(lowest: -1, highest: 1), graph.divide(covariance, scale))
    }
}
