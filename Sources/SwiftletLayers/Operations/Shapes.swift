internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// The same numbers under another shape or in another order.
    static let shapes: OperationRows = [
        "Reshape": .one { c in try c.reshaped(c.x(), to: c.staticInts(1, "newshape")) },
        "Ravel": .one { c in try c.flat(c.x()) },
        "Squeeze": .one { try $0.squeezed() },
        "ExpandDims": .one { c in try c.expanded(c.x(), c.staticInts(1, "axis")) },
        "Transpose": .one { try $0.transposed() },
        "Swapaxes": .one { try $0.swapped() }, "Moveaxis": .one { try $0.moved() },
        "BroadcastTo": .one { c in
            let x = try c.x()
            let shape =
                c.options.value("shape") == nil
                ? try c.staticInts(1, "shape")
                : try c.filled(c.extents("shape"), like: c.shape(x))
            return try c.graph.broadcast(x, to: Shape(shape))
        },
        "Concatenate": .one { c in
            let values = try c.joined("xs")
            return try c.graph.concatenate(
                values, axis: c.axisOption(rank: c.rank(of: values), default: 0))
        },
        "Stack": .one { c in
            let values = try c.joined("x")
            return try c.graph.stack(values, axis: c.options.int("axis", default: 0))
        },
        "Append": .one { try $0.appended() },
        "Hstack": .one { c in
            let values = try c.joined("xs")
            return try c.graph.concatenate(values, axis: c.rank(of: values) == 1 ? 0 : 1)
        },
        "Vstack": .one { c in try c.graph.concatenate(c.joined("xs"), axis: 0) },
        "Dstack": .one { try $0.stackedInDepth() },
        "Split": .many { c in try c.split(along: c.options.int("axis", default: 0)) },
        "Hsplit": .many { c in
            let x = try c.x()
            return try c.split(along: c.shape(x).count == 1 ? 0 : 1)
        },
        "Vsplit": .many { try $0.split(along: 0) },
        "Dsplit": .many { try $0.split(along: 2) },
        "ArraySplit": .many { try $0.splitUnevenly() },
        "Repeat": .one { try $0.repeated() }, "Tile": .one { try $0.tiled() },
        "Flip": .one { c in
            let x = try c.x()
            return try c.graph.reverse(x, axes: c.axesOption(rank: c.shape(x).count))
        },
        "Fliplr": .one { c in try c.graph.reverse(c.x(), axes: [1]) },
        "Flipud": .one { c in try c.graph.reverse(c.x(), axes: [0]) },
        "Roll": .one { try $0.rolled() }, "Rot90": .one { try $0.rotated() },
        "Pad": .one { try $0.padded() },
        "Meshgrid": .many { try $0.grid() },
    ]
}

extension OperationCall {
    func rank(of values: [Value]) -> Int { values.first.map { shape($0).count } ?? 0 }

    mutating func flat(_ x: Value) throws -> Value {
        try graph.reshape(x, to: [graph[x].elementCount])
    }

    /// The extents of an option, where null stands for one that is known by now.
    func extents(_ key: String) throws -> [Int?] {
        guard let extents = try options.extents(key) else { throw refusal("\(key) is missing") }
        return extents
    }

    /// Unknown extents become those of a shape, aligned at the right.
    func filled(_ extents: [Int?], like shape: [Int]) throws -> [Int] {
        try extents.enumerated().map { position, extent in
            let place = position - extents.count + shape.count
            guard let known = extent ?? (shape.indices.contains(place) ? shape[place] : nil) else {
                throw refusal("shape \(extents) does not say axis \(position)")
            }
            return known
        }
    }

    /// One extent may be −1: what is left.
    mutating func reshaped(_ x: Value, to extents: [Int]) throws -> Value {
        let count = graph[x].elementCount
        let open = extents.filter { $0 == -1 }.count
        guard open <= 1, extents.allSatisfy({ $0 >= -1 }) else {
            throw refusal("\(shape(x)) cannot become \(extents)")
        }
        guard open == 1 else { return try graph.reshape(x, to: extents) }
        let known = try Shape(extents.filter { $0 != -1 }).elementCount
        guard known > 0 ? count % known == 0 : count == 0 else {
            throw refusal("\(shape(x)) cannot become \(extents)")
        }
        return try graph.reshape(
            x, to: extents.map { $0 == -1 ? (known > 0 ? count / known : 0) : $0 })
    }

    fileprivate mutating func squeezed() throws -> Value {
        let x = try x()
        let shape = shape(x)
        let all = options.value("axis") == nil
        let axes = try axesOption(rank: shape.count)
        guard all || axes.allSatisfy({ shape[$0] == 1 }) else {
            throw refusal("axes \(axes) of \(shape) are not all 1")
        }
        let kept = shape.indices.filter { !(axes.contains($0) && shape[$0] == 1) }
        return try graph.reshape(x, to: kept.map { shape[$0] })
    }

    /// New axes of one element, as numbers in the result.
    mutating func expanded(_ x: Value, _ axes: [Int]) throws -> Value {
        let old = shape(x)
        let rank = old.count + axes.count
        let places = Set(try axes.map { try axis($0, rank: rank) })
        guard places.count == axes.count else { throw refusal("axes \(axes) repeat") }
        var rest = old[...]
        return try graph.reshape(
            x, to: (0..<rank).map { places.contains($0) ? 1 : rest.removeFirst() })
    }

    fileprivate mutating func transposed() throws -> Value {
        let x = try x()
        let rank = shape(x).count
        guard has(1, "axes") else {
            return try graph.transpose(x, permutation: (0..<rank).reversed())
        }
        let axes = try staticInts(1, "axes").map { try axis($0, rank: rank) }
        return try graph.transpose(x, permutation: axes)
    }

    fileprivate mutating func swapped() throws -> Value {
        let x = try x()
        let rank = shape(x).count
        var order = Array(0..<rank)
        order.swapAt(
            try axis(options.int("axis1"), rank: rank), try axis(options.int("axis2"), rank: rank))
        return try graph.transpose(x, permutation: order)
    }

    fileprivate mutating func moved() throws -> Value {
        try moved(x(), options.intList("source"), options.intList("destination"))
    }

    mutating func moved(_ x: Value, _ source: [Int], _ destination: [Int]) throws -> Value {
        let rank = shape(x).count
        let from = try source.map { try axis($0, rank: rank) }
        let to = try destination.map { try axis($0, rank: rank) }
        guard from.count == to.count, Set(from).count == from.count, Set(to).count == to.count
        else { throw refusal("axes \(source) cannot go to \(destination)") }
        var order = (0..<rank).filter { !from.contains($0) }
        for (place, axis) in zip(to, from).sorted(by: { $0.0 < $1.0 }) {
            guard place <= order.count else { throw refusal("axis \(place)") }
            order.insert(axis, at: place)
        }
        return try graph.transpose(x, permutation: order)
    }

    // MARK: Joining and parting

    /// The tensors of a list in their common type.
    fileprivate mutating func joined(_ key: String) throws -> [Value] {
        let operands = try operands(0, key)
        guard !operands.isEmpty else { throw refusal("an empty list") }
        return try promoted(operands)
    }

    fileprivate mutating func appended() throws -> Value {
        let (a, b) = try strongPair()
        guard options.value("axis") != nil else {
            return try graph.concatenate([flat(a), flat(b)], axis: 0)
        }
        return try graph.concatenate([a, b], axis: axisOption(rank: shape(a).count))
    }

    fileprivate mutating func stackedInDepth() throws -> Value {
        let values = try joined("xs").map { value in
            switch shape(value).count {
            case 0: try graph.reshape(value, to: [1, 1, 1])
            case 1: try graph.reshape(value, to: [1, shape(value)[0], 1])
            case 2: try graph.reshape(value, to: shape(value) + [1])
            default: value
            }
        }
        return try graph.concatenate(values, axis: 2)
    }

    fileprivate mutating func split(along given: Int) throws -> [Value] {
        let x = try x()
        let axis = try axis(given, rank: shape(x).count)
        let count = shape(x)[axis]
        if let sections = try? options.int("indices_or_sections") {
            guard sections > 0, count % sections == 0 else {
                throw refusal("\(count) elements in \(sections) equal parts")
            }
            let size = count / sections
            return try parts(x, axis, count: sections, of: size)
        }
        var last = 0
        var sizes: [Int] = []
        for index in try staticInts(1, "indices_or_sections") + [count] {
            let end = min(max(index < 0 ? index + count : index, last), count)
            sizes.append(end - last)
            last = end
        }
        return try parts(x, axis, sizes)
    }

    fileprivate mutating func splitUnevenly() throws -> [Value] {
        let x = try x()
        let axis = try axisOption(rank: shape(x).count, default: 0)
        let count = shape(x)[axis]
        let sections = try options.positiveInt("indices_or_sections")
        try checkParts(sections)
        return try parts(
            x, axis,
            (0..<sections).map { count / sections + ($0 < count % sections ? 1 : 0) })
    }

    /// Equal parts. A file may ask for more of them than there is memory for.
    mutating func parts(_ x: Value, _ axis: Int, count: Int, of size: Int) throws -> [Value] {
        try checkParts(count)
        return try parts(x, axis, [Int](repeating: size, count: count))
    }

    private func checkParts(_ count: Int) throws {
        guard count <= 1 << 20 else { throw refusal("\(count) parts") }
    }

    mutating func parts(_ x: Value, _ axis: Int, _ sizes: [Int]) throws -> [Value] {
        var start = 0
        return try sizes.map { size in
            defer { start += size }
            return try graph.slice(x, axis: axis, start..<(start + size))
        }
    }

    // MARK: Repeating and moving

    fileprivate mutating func repeated() throws -> Value {
        var x = try x()
        let isFlat = options.value("axis") == nil
        if isFlat { x = try flat(x) }
        let axis = isFlat ? 0 : try axisOption(rank: shape(x).count)
        let counts = try staticInts(1, "repeats")
        guard counts.allSatisfy({ 0...Self.largestTable ~= $0 }) else {
            throw refusal("repeats of \(counts)")
        }
        if counts.count == 1 { return try graph.repeated(x, counts[0], axis: axis) }
        guard counts.count == shape(x)[axis] else {
            throw refusal("\(counts.count) repeats for \(shape(x)[axis]) elements")
        }
        try checkTable(counts.count)
        try checkTable(counts.reduce(0, +))
        let order = counts.enumerated().flatMap { Array(repeating: Int64($0), count: $1) }
        return try graph.gather(x, graph.constant(Tensor(order)), axis: axis)
    }

    fileprivate mutating func tiled() throws -> Value {
        var x = try x()
        var repeats = try staticInts(1, "repeats")
        let rank = shape(x).count
        if repeats.count < rank {
            repeats = Array(repeating: 1, count: rank - repeats.count) + repeats
        }
        if repeats.count > rank {
            let ones = [Int](repeating: 1, count: repeats.count - rank)
            x = try graph.reshape(x, to: ones + shape(x))
        }
        return try graph.tile(x, repeats: repeats)
    }

    fileprivate mutating func rolled() throws -> Value {
        var x = try x()
        let shape = shape(x)
        let isFlat = options.value("axis") == nil
        let axes = isFlat ? [0] : try axesOption(rank: shape.count)
        var shifts = try staticInts(1, "shift")
        if shifts.count == 1 { shifts = Array(repeating: shifts[0], count: axes.count) }
        guard shifts.count == axes.count else {
            throw refusal("\(shifts.count) shifts for \(axes.count) axes")
        }
        if isFlat { x = try flat(x) }
        for (axis, shift) in zip(axes, shifts) {
            let count = self.shape(x)[axis]
            guard count > 0 else { continue }
            let start = (count - shift % count) % count
            let tail = try graph.slice(x, axis: axis, start..<count)
            let head = try graph.slice(x, axis: axis, 0..<start)
            x = start == 0 ? x : try graph.concatenate([tail, head], axis: axis)
        }
        return isFlat ? try graph.reshape(x, to: shape) : x
    }

    fileprivate mutating func rotated() throws -> Value {
        let x = try x()
        let rank = shape(x).count
        let axes = try options.ints("axes", count: 2, default: [0, 1], minimum: -rank)
            .map { try axis($0, rank: rank) }
        guard axes[0] != axes[1] else { throw refusal("axes \(axes)") }
        var order = Array(0..<rank)
        order.swapAt(axes[0], axes[1])
        switch ((try options.int("k", default: 1) % 4) + 4) % 4 {
        case 1: return try graph.transpose(graph.reverse(x, axes: [axes[1]]), permutation: order)
        case 2: return try graph.reverse(x, axes: axes)
        case 3: return try graph.reverse(graph.transpose(x, permutation: order), axes: [axes[1]])
        default: return x
        }
    }

    fileprivate mutating func padded() throws -> Value {
        let x = try x()
        let rank = shape(x).count
        let given = try staticInts(.max, "pad_width")
        let pairs: [(Int, Int)]
        switch given.count {
        case 1: pairs = Array(repeating: (given[0], given[0]), count: rank)
        case 2 where rank != 1: pairs = Array(repeating: (given[0], given[1]), count: rank)
        case 2 * rank: pairs = (0..<rank).map { (given[2 * $0], given[2 * $0 + 1]) }
        default: throw refusal("pad_width of \(given.count) numbers for \(rank) axes")
        }
        let (before, after) = (pairs.map(\.0), pairs.map(\.1))
        switch try options.string("mode", default: "constant").lowercased() {
        case "constant":
            var value = Tensor?.none
            if let filling = try optionalTensor(1, "constant_values") {
                value = try staticTensor(filling, "constant_values")
            }
            return try padded(x, before, after, with: value)
        case "reflect": return try graph.pad(x, before: before, after: after, mode: .reflect)
        case "symmetric": return try graph.pad(x, before: before, after: after, mode: .symmetric)
        case let mode: throw refusal("mode \"\(mode)\" is not supported")
        }
    }

    mutating func padded(
        _ x: Value, _ before: [Int], _ after: [Int], with value: Tensor?
    ) throws -> Value {
        let number = try value ?? Tensor(scalar: Float(0))
        guard number.elementCount == 1 else {
            throw refusal("\(number.elementCount) constant values")
        }
        let scalar = try number.reshaped(to: .scalar).converted(to: dtype(x))
        return try graph.apply(Pad(before: before, after: after, value: scalar), x)
    }

    fileprivate mutating func grid() throws -> [Value] {
        let axes = try positionalTensors()
        guard !axes.isEmpty else { throw refusal("no axes") }
        let swaps = try options.string("indexing", default: "xy") == "xy" && axes.count > 1
        var places = Array(axes.indices)
        if swaps { places.swapAt(0, 1) }
        var extents = [Int](repeating: 1, count: axes.count)
        for (axis, place) in zip(axes, places) { extents[place] = graph[axis].elementCount }
        return try zip(axes, places).map { axis, place in
            var wide = [Int](repeating: 1, count: axes.count)
            wide[place] = extents[place]
            return try graph.broadcast(graph.reshape(axis, to: wide), to: Shape(extents))
        }
    }
}
