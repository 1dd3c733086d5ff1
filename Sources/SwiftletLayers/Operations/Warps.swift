internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Images read at other places than where their pixels lie.
    static let warps: OperationRows = [
        "AffineTransform": .one { try $0.affineTransform() },
        "PerspectiveTransform": .one { try $0.perspectiveTransform() },
        "MapCoordinates": .one { try $0.mappedCoordinates() },
    ]
}

/// What lies beyond the edge.
private enum FillMode: String, CaseIterable {
    case constant, nearest, wrap, mirror, reflect
}

extension OperationCall {
    // MARK: Projective transforms

    fileprivate mutating func affineTransform() throws -> Value {
        let transform = try real(tensor(1, "transform"))
        let rows = shape(transform).count == 1 ? try expanded(transform, [0]) : transform
        let mode: FillMode = try options.choice("fill_mode", default: .constant)
        return try overImages("images") { c, x in try c.projected(x, rows, mode) }
    }

    fileprivate mutating func perspectiveTransform() throws -> Value {
        func points(_ position: Int, _ key: String) throws -> Value {
            let given = try real(tensor(position, key))
            let batch = shape(given).count == 2 ? try expanded(given, [0]) : given
            guard shape(batch).count == 3, Array(shape(batch)[1...]) == [4, 2] else {
                throw refusal("\(key) of \(shape(given))")
            }
            return batch
        }
        let (start, end) = (try points(1, "start_points"), try points(2, "end_points"))
        let transform = try homography(from: start, to: end)
        return try overImages("images") { c, x in try c.projected(x, transform, .constant) }
    }

    /// The eight numbers that take the end points to the start points.
    private mutating func homography(from start: Value, to end: Value) throws -> Value {
        let batch = shape(start)[0]
        func coordinate(_ points: Value, _ point: Int, _ axis: Int) throws -> Value {
            let part = try graph.slice(
                points, starts: [0, point, axis], limits: [batch, point + 1, axis + 1])
            return try graph.reshape(part, to: [batch])
        }
        let zero = try full([batch], 0, .float32)
        let one = try full([batch], 1, .float32)
        var rows: [Value] = []
        var targets: [Value] = []
        for point in 0..<4 {
            let (x, y) = (try coordinate(end, point, 0), try coordinate(end, point, 1))
            for axis in 0...1 {
                let target = try coordinate(start, point, axis)
                let head =
                    axis == 0 ? [x, y, one, zero, zero, zero] : [zero, zero, zero, x, y, one]
                let tail = [
                    try graph.negate(graph.multiply(target, x)),
                    try graph.negate(graph.multiply(target, y)),
                ]
                rows.append(try graph.stack(head + tail, axis: 1))
                targets.append(target)
            }
        }
        let right = try expanded(graph.stack(targets, axis: 1), [-1])
        let solution = try graph.apply(Solve(), graph.stack(rows, axis: 1), right)
        return try graph.reshape(solution, to: [batch, 8])
    }

    /// Each pixel of the result from where the transform sends it.
    private mutating func projected(
        _ x: Value, _ transform: Value, _ mode: FillMode
    ) throws -> Value {
        let extents = shape(x)
        let (batch, height, width) = (extents[0], extents[1], extents[2])
        guard shape(transform).count == 2, shape(transform)[1] == 8,
            shape(transform)[0] == batch || shape(transform)[0] == 1
        else { throw refusal("a transform of \(shape(transform)) for \(extents)") }
        try checkTable(height, width)
        let t = try parts(transform, 1, [Int](repeating: 1, count: 8))
        let columns = try Tensor(
            (0..<height).flatMap { _ in (0..<width).map { Float($0) } },
            shape: Shape([1, height * width]))
        let lines = try Tensor(
            (0..<height).flatMap { row in [Float](repeating: Float(row), count: width) },
            shape: Shape([1, height * width]))
        let (u, v) = (try graph.constant(columns), try graph.constant(lines))
        func affine(_ a: Value, _ b: Value, _ c: Value) throws -> Value {
            try graph.add(graph.add(graph.multiply(a, u), graph.multiply(b, v)), c)
        }
        let depth = try affine(t[6], t[7], graph.constant(1))
        let places = [
            try graph.divide(affine(t[3], t[4], t[5]), depth),
            try graph.divide(affine(t[0], t[1], t[2]), depth),
        ]
        let wide = try places.map { try graph.broadcast($0, to: Shape([batch, height * width])) }
        let isBilinear = try options.string("interpolation", default: "bilinear") == "bilinear"
        let fill = try graph.constant(options.float("fill_value", default: 0))
        let (floats, original) = (try real(x), dtype(x))
        let y = try sampled(floats, wide, isBilinear: isBilinear, mode, fill)
        return try cast(graph.reshape(y, to: extents), original)
    }

    /// Coordinates folded back into an axis; under `constant` they stay.
    private mutating func folded(_ place: Value, _ count: Int, _ mode: FillMode) throws -> Value {
        let size = Float(count)
        func times(_ x: Value, _ factor: Float) throws -> Value { try graph.scale(x, by: factor) }
        switch mode {
        case .constant: return place
        case .nearest: return try graph.unary(.clip(lowest: 0, highest: size - 1), place)
        case .wrap, .mirror:
            guard count > 1 else { return try times(place, 0) }
            let turns = try graph.unary(.floor, times(place, 1 / size))
            return try graph.subtract(place, times(turns, size))
        case .reflect:
            let period = 2 * size
            let turns = try graph.unary(.floor, times(place, 1 / period))
            let within = try graph.subtract(place, times(turns, period))
            let back = try graph.subtract(graph.constant(period - 1), within)
            let isOver = try graph.compare(.greaterOrEqual, within, graph.constant(size))
            let folded = try graph.select(isOver, back, within)
            return try graph.unary(.clip(lowest: 0, highest: size - 1), folded)
        }
    }

    /// `[batch, pixels, channels]` at rows and columns `[batch, pixels]`.
    private mutating func sampled(
        _ x: Value, _ places: [Value], isBilinear: Bool, _ mode: FillMode, _ fill: Value
    ) throws -> Value {
        let (height, width) = (shape(x)[1], shape(x)[2])
        let row = try folded(places[0], height, mode)
        let column = try folded(places[1], width, mode)
        guard isBilinear else {
            return try pixels(
                x, graph.unary(.round, row), graph.unary(.round, column), mode, fill)
        }
        let (top, left) = (try graph.unary(.floor, row), try graph.unary(.floor, column))
        let one = try graph.constant(1)
        let (bottom, right) = (try graph.add(top, one), try graph.add(left, one))
        func mixed(_ a: Value, _ b: Value, _ share: Value) throws -> Value {
            let wide = try expanded(share, [-1])
            return try graph.add(
                graph.multiply(a, graph.subtract(one, wide)), graph.multiply(b, wide))
        }
        let across = try graph.subtract(column, left)
        let upper = try mixed(
            pixels(x, top, left, mode, fill), pixels(x, top, right, mode, fill), across)
        let lower = try mixed(
            pixels(x, bottom, left, mode, fill), pixels(x, bottom, right, mode, fill), across)
        return try mixed(upper, lower, graph.subtract(row, top))
    }

    /// Pixels at whole positions; those outside are the fill value, or the nearest ones.
    private mutating func pixels(
        _ x: Value, _ row: Value, _ column: Value, _ mode: FillMode, _ fill: Value
    ) throws -> Value {
        let (batch, height, width, channels) = (
            shape(x)[0], shape(x)[1], shape(x)[2], shape(x)[3]
        )
        func clipped(_ x: Value, _ count: Int) throws -> Value {
            try graph.unary(.clip(lowest: 0, highest: Float(count - 1)), x)
        }
        let (safeRow, safeColumn) = (try clipped(row, height), try clipped(column, width))
        // Whole numbers: floats lose count in large images.
        let start = try graph.constant(
            Tensor((0..<batch).map { Int64($0 * height * width) }, shape: Shape([batch, 1])))
        let step = try graph.constant(Tensor(scalar: Int64(width)))
        let place = try graph.add(
            graph.add(graph.multiply(graph.cast(safeRow, to: .int64), step), start),
            graph.cast(safeColumn, to: .int64))
        let found = try graph.gather(
            graph.reshape(x, to: [batch * height * width, channels]), place)
        guard mode == .constant else { return found }
        let inside = try graph.logicalAnd(same(safeRow, row), same(safeColumn, column))
        return try graph.select(expanded(inside, [-1]), found, fill)
    }

    // MARK: Any coordinates

    fileprivate mutating func mappedCoordinates() throws -> Value {
        let x = try tensor(0, "inputs")
        let coordinates = try tensor(1, "coordinates")
        let rank = shape(x).count
        guard shape(coordinates).first == rank, 1...8 ~= rank, shape(coordinates).count >= 2 else {
            throw refusal("coordinates of \(shape(coordinates)) for \(shape(x))")
        }
        let order = try options.int("order")
        guard order == 0 || order == 1 else { throw refusal("order \(order) is not supported") }
        let mode: FillMode = try options.choice("fill_mode", default: .constant)
        let fill = try real(optionalTensor(.max, "fill_value") ?? graph.constant(0))
        let axes = try parts(real(coordinates), 0, [Int](repeating: 1, count: rank))
        var result: Value?
        for number in 0..<(order == 0 ? 1 : 1 << rank) {
            let term = try corner(
                of: real(x), axes, isUpper: { number >> $0 & 1 == 1 }, order, mode, fill)
            result = try result.map { try graph.add($0, term) } ?? term
        }
        let sum = try graph.reshape(
            result ?? fill, to: Array(shape(coordinates).dropFirst()))
        guard dtype(x).isInteger else { return sum }
        return try graph.cast(graph.unary(.round, sum), to: dtype(x))
    }

    /// The neighbour at one corner around each place, times its share.
    private mutating func corner(
        of x: Value, _ axes: [Value], isUpper: (Int) -> Bool, _ order: Int, _ mode: FillMode,
        _ fill: Value
    ) throws -> Value {
        let extents = shape(x)
        var place = try graph.constant(Tensor(scalar: Int64(0)))
        var share = try graph.constant(1)
        var inside: Value?
        for (axis, coordinate) in axes.enumerated() {
            let below = try graph.unary(order == 0 ? .round : .floor, coordinate)
            var index = below
            if order == 1 {
                let fraction = try graph.subtract(coordinate, below)
                let one = try graph.constant(1)
                if isUpper(axis) { index = try graph.add(below, one) }
                share = try graph.multiply(
                    share, isUpper(axis) ? fraction : graph.subtract(one, fraction))
            }
            let (safe, valid) = try kept(index, extents[axis], mode)
            inside = try inside.map { try graph.logicalAnd($0, valid) } ?? valid
            let step = try graph.constant(
                Tensor(scalar: Int64(extents[(axis + 1)...].reduce(1, *))))
            place = try graph.add(
                place, graph.multiply(graph.cast(safe, to: .int64), step))
        }
        var found = try graph.gather(flat(x), place)
        if mode == .constant, let inside { found = try graph.select(inside, found, fill) }
        return try graph.multiply(share, found)
    }

    /// A whole position brought inside as Keras does, and whether it was there.
    private mutating func kept(
        _ index: Value, _ count: Int, _ mode: FillMode
    ) throws -> (Value, Value) {
        let size = try graph.constant(Float(count))
        let safe = try graph.unary(.clip(lowest: 0, highest: Float(count - 1)), index)
        let inside = try same(safe, index)
        switch mode {
        case .constant, .nearest: return (safe, inside)
        case .wrap: return (try graph.apply(Binary(.floorMod), index, size), inside)
        case .mirror, .reflect:
            let period = try graph.constant(Float(2 * count))
            let rest = try graph.apply(Binary(.floorMod), graph.unary(.abs, index), period)
            let isUnder = try graph.compare(.less, rest, size)
            var back = try graph.subtract(period, rest)
            if mode == .reflect { back = try graph.subtract(back, graph.constant(1)) }
            let folded = try graph.select(isUnder, rest, back)
            return (
                try graph.unary(.clip(lowest: 0, highest: Float(count - 1)), folded), inside
            )
        }
    }
}
