internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Parts of tensors, chosen by position.
    static let indexing: OperationRows = [
        "GetItem": .one { try $0.item() },
        "Take": .one { try $0.taken() }, "TakeAlongAxis": .one { try $0.takenAlongAxis() },
        "UnravelIndex": .many { try $0.coordinates() },
    ]

    static let core: OperationRows = [
        "Cast": .one { try $0.converted() }, "ConvertToTensor": .one { try $0.converted() },
        "SaturateCast": .one { try $0.saturated() },
        "StopGradient": .one { c in
            try c.graph.apply(StopGradient(), c.tensor(0, "variable"))
        },
        "Unstack": .many { try $0.unstacked() },
        "Slice": .one { try $0.sliced() }, "SliceUpdate": .one { try $0.sliceUpdated() },
        "Scatter": .one { try $0.scattered() }, "ScatterUpdate": .one { try $0.scatterUpdated() },
    ]
}

extension OperationCall {
    // MARK: x[key]

    fileprivate mutating func item() throws -> Value {
        let x = try x()
        guard let key = structure(1, "key") else { return try expanded(x, [0]) }
        let parts: [Structure<Value>]
        switch key {
        case .list(let list): parts = list
        case .literal(.array(let list)): parts = list.map { .literal($0) }
        case let single: parts = [single]
        }
        return try item(x, try parts.map { try IndexPart($0, &self) })
    }

    private mutating func item(_ x: Value, _ parts: [IndexPart]) throws -> Value {
        let old = shape(x)
        let named = parts.count { $0.takesAxis }
        guard named <= old.count, parts.count(where: { $0.isEllipsis }) <= 1 else {
            throw refusal("\(named) indices for shape \(old)")
        }
        var rest = old.count - named
        var (starts, limits, strides, kept): ([Int], [Int], [Int], [Int?]) = ([], [], [], [])
        func whole() {
            starts.append(0)
            limits.append(old[starts.count - 1])
            strides.append(1)
            kept.append(starts.count - 1)
        }
        let hasEllipsis = parts.contains { $0.isEllipsis }
        for part in parts + (hasEllipsis ? [] : [.ellipsis]) {
            switch part {
            case .newAxis: kept.append(nil)
            case .ellipsis:
                for _ in 0..<rest { whole() }
                rest = 0
            case .index(let index):
                let place = try axis(index, rank: old[starts.count])
                starts.append(place)
                limits.append(place + 1)
                strides.append(1)
            case .range(let start, let stop, let step):
                guard step != 0, step != .min else { throw refusal("a step of \(step)") }
                let bounds = Self.bounds(start, stop, step, count: old[starts.count])
                kept.append(starts.count)
                starts.append(bounds.start)
                limits.append(bounds.limit)
                strides.append(step)
            }
        }
        let taken = try graph.slice(x, starts: starts, limits: limits, strides: strides)
        return try graph.reshape(taken, to: kept.map { $0.map { shape(taken)[$0] } ?? 1 })
    }

    /// Python's `slice.indices`, with an empty range where nothing is taken.
    private static func bounds(
        _ start: Int?, _ stop: Int?, _ step: Int, count: Int
    ) -> (start: Int, limit: Int) {
        let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
        func clamped(_ index: Int) -> Int {
            let place = index < 0 ? index.addingReportingOverflow(count).partialValue : index
            return min(max(place, low), high)
        }
        let first = start.map(clamped) ?? (step > 0 ? 0 : count - 1)
        let last = stop.map(clamped) ?? (step > 0 ? count : -1)
        let isEmpty = step > 0 ? last <= first : last >= first
        return isEmpty ? (0, step > 0 ? 0 : max(0, count)) : (first, last)
    }

    // MARK: Taking by index

    fileprivate mutating func taken() throws -> Value {
        var x = try x()
        let isFlat = options.value("axis") == nil
        if isFlat { x = try flat(x) }
        let axis = isFlat ? 0 : try axisOption(rank: shape(x).count)
        return try graph.gather(x, tensor(1, "indices"), axis: axis)
    }

    fileprivate mutating func takenAlongAxis() throws -> Value {
        var x = try x()
        let indices = try tensor(1, "indices")
        let isFlat = options.value("axis") == nil
        if isFlat { x = try flat(x) }
        return try takenAlongAxis(
            x, indices, axis: isFlat ? 0 : axisOption(rank: shape(x).count))
    }

    /// `y[…, i, …] = x[…, indices[…, i, …], …]`, other axes broadcast.
    mutating func takenAlongAxis(_ x: Value, _ indices: Value, axis: Int) throws -> Value {
        let rank = shape(x).count
        guard shape(indices).count == rank else {
            throw refusal("indices of \(shape(indices)) for \(shape(x))")
        }
        var (wideX, wideIndices) = (shape(x), shape(indices))
        for other in 0..<rank where other != axis {
            let extent = max(wideX[other], wideIndices[other])
            (wideX[other], wideIndices[other]) = (extent, extent)
        }
        let source = try moved(graph.broadcast(x, to: Shape(wideX)), [axis], [-1])
        var places = try moved(graph.broadcast(indices, to: Shape(wideIndices)), [axis], [-1])
        let count = wideX[axis]
        let perLine = wideIndices[axis]
        let lines = graph[source].elementCount / max(count, 1)
        try checkTable(lines)
        places = try graph.cast(places, to: .int64)
        let length = try graph.constant(Tensor(scalar: Int64(count)))
        let isNegative = try graph.compare(.less, places, number(0, like: places))
        places = try graph.select(isNegative, graph.add(places, length), places)
        let offsets = try graph.constant(
            Tensor((0..<lines).map { Int64($0 * count) }, shape: Shape([lines, 1])))
        let flatPlaces = try graph.add(graph.reshape(places, to: [lines, perLine]), offsets)
        let result = try graph.gather(flat(source), flatPlaces)
        return try moved(graph.reshape(result, to: shape(places)), [-1], [axis])
    }

    fileprivate mutating func coordinates() throws -> [Value] {
        var rest = try tensor(0, "indices")
        let extents = try extents("shape").map { $0 ?? 0 }
        guard extents.allSatisfy({ $0 > 0 }) else { throw refusal("shape \(extents)") }
        // Keras goes through the extents of a matrix of indices from the front.
        let order = shape(rest).count == 1 ? extents.reversed() : extents
        return try order.map { extent in
            let size = try number(Double(extent), like: rest)
            let coordinate = try wholeBinary(.floorMod, rest, size)
            rest = try wholeBinary(.floorDivide, rest, size)
            return coordinate
        }.reversed()
    }

    // MARK: keras.ops.core

    /// To another type, with numbers beyond its range at the range's end.
    fileprivate mutating func saturated() throws -> Value {
        let x = try x()
        guard let target = try dtypeOption(), target.isInteger, target != dtype(x) else {
            return try converted()
        }
        if isFloat(x) { return try graph.cast(x, to: target) }  // casts of floats saturate
        let wide = try graph.cast(x, to: .int64)
        let (low, high) = target.range
        let lowest = try graph.constant(Tensor(scalar: low))
        let highest = try graph.constant(Tensor(scalar: high))
        return try graph.cast(
            graph.minimum(graph.maximum(wide, lowest), highest), to: target)
    }

    fileprivate mutating func unstacked() throws -> [Value] {
        let x = try x()
        let axis = try axisOption(rank: shape(x).count, default: 0)
        let count = shape(x)[axis]
        if let wanted = try options.optionalInt("num"), wanted != count {
            throw refusal("\(wanted) parts of \(count)")
        }
        var rest = shape(x)
        rest.remove(at: axis)
        return try parts(x, axis, count: count, of: 1).map {
            try graph.reshape($0, to: rest)
        }
    }

    fileprivate mutating func sliced() throws -> Value {
        let x = try tensor(0, "inputs")
        let extents = shape(x)
        var size = try staticInts(2, "shape")
        let starts = try staticInts(1, "start_indices")
        guard starts.count == extents.count, size.count == extents.count else {
            throw refusal("\(starts.count) starts for shape \(extents)")
        }
        for axis in extents.indices where size[axis] == -1 {
            size[axis] = extents[axis] &- starts[axis]
        }
        return try graph.slice(x, starts: starts, limits: zip(starts, size).map { $0 &+ $1 })
    }

    /// `updates` in the place of a part of `inputs`.
    fileprivate mutating func sliceUpdated() throws -> Value {
        let x = try tensor(0, "inputs")
        let updates = try graph.cast(tensor(2, "updates"), to: dtype(x))
        let (extents, size) = (shape(x), shape(updates))
        var starts = try staticInts(1, "start_indices")
        guard starts.count == extents.count, size.count == extents.count,
            zip(size, extents).allSatisfy({ $0 <= $1 })
        else { throw refusal("updates of \(size) for shape \(extents)") }
        // Kept inside, as XLA does.
        starts = starts.indices.map { min(max(starts[$0], 0), extents[$0] - size[$0]) }
        let after = starts.indices.map { extents[$0] - size[$0] - starts[$0] }
        let moved = try padded(updates, starts, after, with: nil)
        let ones = try graph.constant(Tensor(repeating: true, shape: Shape(size)))
        let covered = try padded(ones, starts, after, with: nil)
        return try graph.select(covered, moved, x)
    }
}

/// One part of an index in brackets.
private enum IndexPart {
    case index(Int)
    case range(start: Int?, stop: Int?, step: Int)
    case ellipsis
    case newAxis

    var takesAxis: Bool {
        switch self {
        case .index, .range: true
        case .ellipsis, .newAxis: false
        }
    }

    var isEllipsis: Bool { if case .ellipsis = self { true } else { false } }

    init(_ part: Structure<Value>, _ call: inout OperationCall) throws {
        switch part {
        case .literal(.null): self = .newAxis
        case .literal(let json) where json["class_name"] == "__ellipsis__": self = .ellipsis
        case .literal(let json) where json["class_name"] == "__slice__":
            let bounds = json["config"] ?? [:]
            func bound(_ key: String) throws -> Int? {
                guard let value = bounds[key], !value.isNull else { return nil }
                return try Self.single(.literal(value), &call)
            }
            self = .range(
                start: try bound("start"), stop: try bound("stop"), step: try bound("step") ?? 1)
        case .dictionary(let bounds):
            // A slice whose bounds are tensors.
            func bound(_ key: String) throws -> Int? {
                guard let value = bounds.first(where: { $0.key == key })?.value else { return nil }
                if case .literal(.null) = value { return nil }
                return try Self.single(value, &call)
            }
            self = .range(
                start: try bound("start"), stop: try bound("stop"), step: try bound("step") ?? 1)
        case .literal(.bool): throw call.refusal("truth values as indices are not supported")
        default: self = .index(try Self.single(part, &call))
        }
    }

    private static func single(
        _ part: Structure<Value>, _ call: inout OperationCall
    ) throws -> Int {
        let numbers = try call.staticInts(part, "an index")
        guard numbers.count == 1 else {
            throw call.refusal("lists of indices are not supported; use take")
        }
        return numbers[0]
    }
}

extension DType {
    /// The least and the largest whole number, within int64.
    fileprivate var range: (Int64, Int64) {
        switch self {
        case .int8: (-128, 127)
        case .int16: (-32_768, 32_767)
        case .int32: (Int64(Int32.min), Int64(Int32.max))
        case .uint8: (0, 255)
        case .uint16: (0, 65_535)
        case .uint32: (0, Int64(UInt32.max))
        case .uint64: (0, .max)
        default: (.min, .max)
        }
    }
}
