internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Numbers in order.
    static let sorting: OperationRows = [
        "Sort": .one { try $0.sorted().values }, "Argsort": .one { try $0.sorted().indices },
        "SearchSorted": .one { try $0.searched() },
        "Digitize": .one { try $0.binned() },
        "Bincount": .one { try $0.counted() },
        "Histogram": .many { try $0.histogram() },
    ]
}

extension OperationCall {
    fileprivate mutating func sorted() throws -> (values: Value, indices: Value) {
        let x = try x()
        if shape(x).isEmpty {
            return (x, try full([1], 0, .int32))
        }
        // No key is the last axis; None is all.
        if let json = options.json["axis"], json.isNull { return try sorted(flat(x), axis: 0) }
        return try sorted(x, axis: axisOption(rank: shape(x).count, default: -1))
    }

    /// Numbers along an axis in order, and where they were, as int32.
    mutating func sorted(
        _ x: Value, axis: Int, isDescending: Bool = false
    ) throws -> (values: Value, indices: Value) {
        let dtype = dtype(x)
        switch dtype {
        case .float32, .int32: return try graph.sort(x, axis: axis, isDescending: isDescending)
        case .int64, .uint32: return try sortedByHalves(x, axis, isDescending)
        case .uint64: throw refusal("uint64 is not supported")
        default:
            let result = try graph.sort(
                graph.cast(x, to: .int32), axis: axis, isDescending: isDescending)
            return (try graph.cast(result.values, to: dtype), result.indices)
        }
    }

    /// Numbers of 64 bits: by their lower half, then, keeping that order, by the upper one.
    private mutating func sortedByHalves(
        _ x: Value, _ axis: Int, _ isDescending: Bool
    ) throws -> (values: Value, indices: Value) {
        let wide = try graph.cast(x, to: .int64)
        let half = try graph.constant(Tensor(scalar: Int64(1) << 32))
        let least = try graph.constant(Tensor(scalar: Int64(Int32.min)))
        let lower = try graph.add(graph.apply(Binary(.floorMod), wide, half), least)
        let upper = try graph.cast(graph.apply(Binary(.floorDivide), wide, half), to: .int32)
        let first = try graph.sort(
            graph.cast(lower, to: .int32), axis: axis, isDescending: isDescending
        ).indices
        let second = try graph.sort(
            takenAlongAxis(upper, first, axis: axis), axis: axis, isDescending: isDescending
        ).indices
        let indices = try takenAlongAxis(first, second, axis: axis)
        return (try takenAlongAxis(x, indices, axis: axis), indices)
    }

    mutating func largest() throws -> [Value] {
        let x = try x()
        let count = try staticInts(1, "k")
        guard count.count == 1, let last = shape(x).last, 0...last ~= count[0] else {
            throw refusal("the largest \(count) of \(shape(x))")
        }
        let axis = shape(x).count - 1
        if dtype(x) == .float32 || dtype(x) == .int32 {
            let found = try graph.topK(x, count[0])
            return [found.values, found.indices]
        }
        let all = try sorted(x, axis: axis, isDescending: true)
        return try [all.values, all.indices].map {
            try graph.slice($0, axis: axis, 0..<count[0])
        }
    }

    /// Whether fewer than `k` predictions are larger than the target's.
    mutating func isAmongLargest() throws -> Value {
        let targets = try tensor(0, "targets")
        let predictions = try real(tensor(1, "predictions"))
        let count = try options.int("k")
        guard shape(predictions).count == 2, shape(targets).count == 1 else {
            throw refusal("targets of \(shape(targets)), predictions of \(shape(predictions))")
        }
        let column = try expanded(targets, [1])
        let own = try takenAlongAxis(predictions, column, axis: 1)
        let larger = try graph.cast(graph.compare(.greater, predictions, own), to: .int32)
        let rank = try graph.sum(larger, axes: [1])
        let among = try graph.compare(.less, rank, number(Double(count), like: rank))
        let finite = try graph.reduce(
            .all, graph.classify(.isFinite, own), axes: [1])
        return try graph.logicalAnd(among, finite)
    }

    fileprivate mutating func searched() throws -> Value {
        let both = try promoted(
            [.tensor(tensor(0, "sorted_sequence")), .tensor(tensor(1, "values"))])
        guard shape(both[0]).count == 1 else {
            throw refusal("a sequence of \(shape(both[0]))")
        }
        let isLeft = try options.string("side", default: "left") == "left"
        return try ranks(of: both[1], among: both[0], isLeft ? .less : .lessOrEqual)
    }

    /// How many numbers of a list are less than each.
    private mutating func ranks(
        of x: Value, among list: Value, _ comparison: Comparison
    ) throws -> Value {
        let below = try compare(comparison, list, expanded(x, [-1]))
        return try graph.sum(
            graph.cast(below, to: .int32), axes: [shape(below).count - 1])
    }

    fileprivate mutating func binned() throws -> Value {
        let x = try real(x())
        return try ranks(of: x, among: flat(real(tensor(1, "bins"))), .lessOrEqual)
    }

    /// The number of bins must be known: from `minlength` if no number can exceed it is not.
    fileprivate mutating func counted() throws -> Value {
        let x = try x()
        let known = try staticTensor(x, "the number of bins").doubles()
        let count = max(
            Int(max(-1, min(known.max() ?? -1, 1e9))) + 1,
            try options.int("minlength", default: 0))
        guard 0..<(1 << 24) ~= count else { throw refusal("\(count) bins") }
        let bins = try graph.constant(Tensor((0..<count).map { Int32($0) }))
        let meets = try same(expanded(graph.cast(x, to: .int32), [-1]), bins)
        let axes = [shape(x).count - 1]
        guard let weights = try optionalTensor(.max, "weights") else {
            return try graph.sum(graph.cast(meets, to: .int32), axes: axes)
        }
        let chosen = try graph.select(
            meets, expanded(weights, [-1]), number(0, like: weights))
        return try reduced(.sum, chosen, axes: axes, keeps: false)
    }

    fileprivate mutating func histogram() throws -> [Value] {
        let x = try x()
        let values = try flat(real(x))
        let bins = try options.positiveInt("bins", default: 10)
        guard bins < 1 << 24 else { throw refusal("\(bins) bins") }
        let low: Value
        let high: Value
        if let range = options.value("range")?.array, range.count == 2,
            let first = range[0].double, let last = range[1].double
        {
            (low, high) = (try graph.constant(Float(first)), try graph.constant(Float(last)))
        } else {
            (low, high) = (try graph.min(values, axes: [0]), try graph.max(values, axes: [0]))
        }
        let shares = try graph.constant(Tensor((0...bins).map { Float($0) / Float(bins) }))
        let edges = try graph.add(low, graph.multiply(graph.subtract(high, low), shares))
        let inner = try graph.slice(edges, axis: 0, 1..<bins)
        let places = try ranks(of: values, among: inner, .lessOrEqual)
        let inside = try graph.logicalAnd(
            graph.compare(.greaterOrEqual, values, low), graph.compare(.lessOrEqual, values, high))
        let numbers = try graph.constant(Tensor((0..<bins).map { Int32($0) }))
        let meets = try graph.logicalAnd(
            same(expanded(places, [-1]), numbers), expanded(inside, [-1]))
        let counts = try graph.sum(graph.indicator(meets), axes: [0])
        return [try cast(counts, dtype(x)), try cast(edges, dtype(x))]
    }
}
