internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension OperationTable {
    /// Tensors made of a few numbers.
    static let creation: OperationRows = [
        "OnesLike": .one { try $0.filledLike(1) }, "ZerosLike": .one { try $0.filledLike(0) },
        "EmptyLike": .one { try $0.filledLike(0) },
        "FullLike": .one { c in
            let x = try c.x()
            let dtype = try c.dtypeOption() ?? c.dtype(x)
            return try c.graph.broadcast(
                c.cast(c.tensor(1, "fill_value"), dtype), to: Shape(c.shape(x)))
        },
        "Full": .one { c in
            let dtype = try c.dtypeOption() ?? .float32
            let extents = try c.staticInts(.max, "shape")
            return try c.graph.broadcast(
                c.cast(c.tensor(0, "fill_value"), dtype), to: Shape(extents))
        },
        "Arange": .one { try $0.range() },
        "Linspace": .many { try $0.evenlySpaced() },
        "Logspace": .one { try $0.evenPowers() }, "Geomspace": .one { try $0.evenRatios() },
        "Size": .one { c in
            let x = try c.x()
            let count = c.graph[x].elementCount
            return try c.full([], Double(count), .int32)
        },
        "Ndim": .one { c in
            let x = try c.x()
            let rank = c.shape(x).count
            return try c.full([], Double(rank), .int32)
        },
    ]

    /// What Keras 2 has as a node and Keras 3 computes at once.
    static let legacy: OperationRows = [
        "Shape": .one { c in
            let x = try c.x()
            let extents = c.shape(x)
            let dtype = try c.dtypeOption() ?? .int32
            return try c.graph.constant(
                Tensor(extents.map { Int64($0) }).converted(to: dtype.inGraph))
        },
        "Fill": .one { c in
            let extents = try c.staticInts(0, "dims")
            return try c.graph.broadcast(c.tensor(1, "value"), to: Shape(extents))
        },
        "GatherND": .one { try $0.gatheredByCoordinates() },
        "AddN": .one { c in
            let values = try c.tensors(0, "inputs")
            guard let first = values.first else { throw c.refusal("an empty list") }
            return try values.dropFirst().reduce(first) { try c.wholeBinary(.add, $0, $1) }
        },
        "BandPart": .one { try $0.bandPart() },
    ]
}

extension OperationCall {
    fileprivate mutating func filledLike(_ number: Double) throws -> Value {
        let x = try x()
        return try full(shape(x), number, dtypeOption() ?? dtype(x))
    }

    /// The numbers must be known: they decide the shape.
    fileprivate mutating func range() throws -> Value {
        var operands = [try operand(0, "start")]
        for (position, key) in [(1, "stop"), (2, "step")] where has(position, key) {
            operands.append(try operand(position, key))
        }
        let dtype = try dtypeOption() ?? TypePromotion.result(of: operands.map { type(of: $0) })
        func known(_ position: Int, _ key: String) throws -> Double? {
            guard has(position, key) else { return nil }
            let value = try tensor(position, key)
            return try staticTensor(value, key).doubles().first
        }
        let first = try known(0, "start") ?? 0
        let stop = try known(1, "stop")
        let step = try known(2, "step") ?? 1
        let (start, end) = stop.map { (first, $0) } ?? (0, first)
        guard step != 0, start.isFinite, end.isFinite, step.isFinite else {
            throw refusal("a range from \(start) to \(end) by \(step)")
        }
        let count = ((end - start) / step).rounded(.up)
        guard count < Double(Self.largestTable) else { throw refusal("\(count) numbers") }
        let numbers = (0..<Int(max(0, count))).map { start + Double($0) * step }
        return try graph.constant(Tensor(numbers).converted(to: dtype.inGraph))
    }

    /// `num` numbers from `start` to `stop` along a new axis, and the step between them.
    private mutating func spaced(
        _ start: Value, _ stop: Value
    ) throws -> (numbers: Value, step: Value) {
        let count = try options.int("num", default: 50)
        guard 0...Self.largestTable ~= count else { throw refusal("\(count) numbers") }
        let hasEnd = try options.bool("endpoint", default: true)
        let gaps = hasEnd ? count - 1 : count
        let difference = try graph.subtract(stop, start)
        let step = try graph.divide(
            difference, graph.constant(gaps > 0 ? Float(gaps) : .nan))
        let rank = max(shape(start).count, shape(stop).count)
        let axis = try axisOption(rank: rank + 1, default: 0)
        var wide = [Int](repeating: 1, count: rank + 1)
        wide[axis] = count
        let shares = (0..<count).map { gaps > 0 ? Float(Double($0) / Double(gaps)) : 0 }
        let share = try graph.constant(Tensor(shares, shape: Shape(wide)))
        let base = try graph.broadcast(start, to: graph.shape(of: difference))
        let offset = try graph.multiply(expanded(difference, [axis]), share)
        return (try graph.add(expanded(base, [axis]), offset), step)
    }

    private mutating func spaced() throws -> (numbers: Value, step: Value) {
        let both = try promoted([operand(0, "start"), operand(1, "stop")], with: [.weakFloat])
        return try spaced(both[0], both[1])
    }

    fileprivate mutating func evenlySpaced() throws -> [Value] {
        var (numbers, step) = try spaced()
        if let dtype = try dtypeOption() {
            if dtype.isInteger { numbers = try graph.unary(.floor, numbers) }
            numbers = try cast(numbers, dtype)
        }
        return try options.bool("retstep", default: false) ? [numbers, step] : [numbers]
    }

    fileprivate mutating func evenPowers() throws -> Value {
        let base = try graph.constant(options.float("base", default: 10))
        return try finished(graph.power(base, spaced().numbers))
    }

    private mutating func finished(_ x: Value) throws -> Value {
        guard let dtype = try dtypeOption() else { return x }
        return try cast(x, dtype)
    }

    /// A geometric sequence: even steps between logarithms.
    fileprivate mutating func evenRatios() throws -> Value {
        let (start, stop) = (try real(tensor(0, "start")), try real(tensor(1, "stop")))
        let from = try graph.log(graph.unary(.abs, start))
        let to = try graph.log(graph.unary(.abs, stop))
        let numbers = try graph.exp(spaced(from, to).numbers)
        let axis = try axisOption(rank: shape(numbers).count, default: 0)
        var wide = shape(numbers)
        wide.remove(at: axis)
        let sign = try graph.broadcast(graph.unary(.sign, start), to: Shape(wide))
        return try finished(graph.multiply(numbers, expanded(sign, [axis])))
    }

    fileprivate mutating func gatheredByCoordinates() throws -> Value {
        let x = try tensor(0, "params")
        let indices = try tensor(1, "indices")
        let depth = shape(indices).last ?? 0
        guard try options.int("batch_dims", default: 0) == 0, depth > 0, depth <= shape(x).count
        else { throw refusal("indices of \(shape(indices)) for \(shape(x))") }
        let extents = shape(x)
        let steps = (0..<depth).map { axis in extents[(axis + 1)..<depth].reduce(1, *) }
        let weights = try graph.constant(Tensor(steps.map { Int64($0) }))
        let products = try graph.multiply(graph.cast(indices, to: .int64), weights)
        let places = try graph.sum(products, axes: [shape(indices).count - 1])
        let rows = extents[..<depth].reduce(1, *)
        return try graph.gather(
            graph.reshape(x, to: [rows] + Array(extents[depth...])), places)
    }
}
