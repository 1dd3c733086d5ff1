internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Reductions of slices that belong together.
    static let segments: OperationRows = [
        "SegmentSum": .one { try $0.segments(.add) },
        "SegmentMax": .one { try $0.segments(.maximum) },
        "SegmentMin": .one { try $0.segments(.minimum) },
        "SegmentProd": .one { try $0.segments(.multiply) },
    ]
}

/// How numbers for the same place are joined.
enum ScatterReduction: String {
    case add
    case multiply = "mul"
    case maximum = "max"
    case minimum = "min"
}

extension OperationCall {
    fileprivate mutating func segments(_ reduction: ScatterReduction) throws -> Value {
        let data = try tensor(0, "data")
        let ids = try flat(tensor(1, "segment_ids"))
        guard let rows = shape(data).first, rows == shape(ids)[0] else {
            throw refusal("\(shape(ids)) segments of \(shape(data))")
        }
        let count: Int
        if let given = try options.optionalInt("num_segments") {
            count = given
        } else {
            let known = try staticTensor(ids, "num_segments is not given, and").doubles()
            count =
                try reduction == .add && !options.bool("sorted", default: false)
                ? Set(known).count : Int(max(0, min((known.max() ?? -1) + 1, 1e12)))
        }
        guard count >= 0 else { throw refusal("\(count) segments") }
        let rest = Array(shape(data).dropFirst())
        let start = try full([count] + rest, reduction.neutral(dtype(data)), dtype(data))
        // Segments of a negative number are left out.
        let isThere = try compare(.greaterOrEqual, ids, number(0, like: ids))
        let safe = try graph.select(isThere, ids, number(Double(count), like: ids))
        if reduction == .add, isFloat(data) {
            return try graph.slice(
                added(data, at: safe, places: count + 1), axis: 0, 0..<count)
        }
        return try scattered(data, at: safe, onto: start, by: reduction)
    }

    /// Slices of `values` added up at the rows that `places` names, of float32.
    private mutating func added(_ values: Value, at places: Value, places count: Int) throws
        -> Value
    {
        let rest = Array(shape(values).dropFirst())
        return try graph.apply(
            GatherGradient(axis: 0, shape: Shape([count] + rest)), values, places)
    }

    mutating func scattered() throws -> Value {
        let values = try tensor(1, "values")
        let extents = try staticInts(2, "shape")
        let (places, rows, rest) = try rows(of: tensor(0, "indices"), in: extents)
        let flatValues = try graph.reshape(values, to: [shape(places)[0]] + rest)
        if isFloat(values) {
            return try graph.reshape(added(flatValues, at: places, places: rows), to: extents)
        }
        let zeros = try full([rows] + rest, 0, dtype(values))
        return try graph.reshape(
            scattered(flatValues, at: places, onto: zeros, by: .add), to: extents)
    }

    mutating func scatterUpdated() throws -> Value {
        let x = try tensor(0, "inputs")
        let updates = try graph.cast(tensor(2, "updates"), to: dtype(x))
        let extents = shape(x)
        let (places, rows, rest) = try rows(of: tensor(1, "indices"), in: extents)
        let table = try graph.reshape(x, to: [rows] + rest)
        let values = try graph.reshape(updates, to: [shape(places)[0]] + rest)
        let reduction = try options.optionalString("reduction")
        let result: Value
        switch reduction {
        case nil: result = try replaced(table, at: places, by: values)
        case "add" where isFloat(x):
            result = try graph.add(table, added(values, at: places, places: rows))
        case let name?:
            guard let kind = ScatterReduction(rawValue: name) else {
                throw refusal("reduction \"\(name)\" is unknown")
            }
            result = try scattered(values, at: places, onto: table, by: kind)
        }
        return try graph.reshape(result, to: extents)
    }

    /// Indices of several axes as rows of the tensor seen as a table.
    private mutating func rows(
        of indices: Value, in extents: [Int]
    ) throws -> (places: Value, rows: Int, rest: [Int]) {
        let depth = shape(indices).last ?? 0
        _ = try Shape(extents)
        guard depth > 0, depth <= extents.count else {
            throw refusal("indices of \(shape(indices)) for \(extents)")
        }
        let count = graph[indices].elementCount / depth
        let columns = try graph.reshape(graph.cast(indices, to: .int64), to: [count, depth])
        let steps = (0..<depth).map { axis in extents[(axis + 1)..<depth].reduce(1, *) }
        let weights = try graph.constant(Tensor(steps.map { Int64($0) }))
        let places = try graph.sum(graph.multiply(columns, weights), axes: [1])
        return (places, extents[..<depth].reduce(1, *), Array(extents[depth...]))
    }

    /// `[places, updates]`: whether an update is for a place.
    private mutating func meetings(_ places: Value, rows: Int, rest: [Int]) throws -> Value {
        let updates = shape(places)[0]
        let size = try Shape([rows, updates] + rest).elementCount
        guard size <= Self.largestTable else {
            throw refusal("\(updates) updates of \(rows) places are too many")
        }
        let rowNumbers = try graph.constant(
            Tensor((0..<rows).map { Int64($0) }, shape: Shape([rows, 1])))
        return try graph.compare(.equal, rowNumbers, graph.cast(places, to: .int64))
    }

    private mutating func scattered(
        _ values: Value, at places: Value, onto table: Value, by reduction: ScatterReduction
    ) throws -> Value {
        let dtype = dtype(values)
        let (rows, rest) = (shape(table)[0], Array(shape(table).dropFirst()))
        let meets = try meetings(places, rows: rows, rest: rest)
        let wide = try graph.reshape(
            meets, to: shape(meets) + [Int](repeating: 1, count: rest.count))
        let neutral = try number(reduction.neutral(dtype), like: values)
        let chosen = try graph.select(wide, values, neutral)
        let joined = try reduced(reduction.reduce, chosen, axes: [1], keeps: false)
        return try wholeBinary(reduction.binary, table, joined)
    }

    /// The last update for a place wins.
    private mutating func replaced(
        _ table: Value, at places: Value, by values: Value
    ) throws -> Value {
        let (rows, rest) = (shape(table)[0], Array(shape(table).dropFirst()))
        let updates = shape(places)[0]
        guard updates > 0 else { return table }
        let meets = try meetings(places, rows: rows, rest: [])
        let numbers = try graph.constant(Tensor((0..<updates).map { Int32($0) }))
        let none = try number(-1, like: numbers)
        let last = try graph.max(graph.select(meets, numbers, none), axes: [1])
        let isThere = try graph.compare(.greaterOrEqual, last, number(0, like: last))
        let found = try graph.gather(values, graph.maximum(last, number(0, like: last)))
        let wide = try graph.reshape(
            isThere, to: [rows] + [Int](repeating: 1, count: rest.count))
        return try graph.select(wide, found, table)
    }
}

extension ScatterReduction {
    fileprivate var reduce: Reduce.Function {
        switch self {
        case .add: .sum
        case .multiply: .product
        case .maximum: .maximum
        case .minimum: .minimum
        }
    }

    fileprivate var binary: BinaryFunction {
        switch self {
        case .add: .add
        case .multiply: .multiply
        case .maximum: .maximum
        case .minimum: .minimum
        }
    }

    /// What an empty segment holds.
    fileprivate func neutral(_ dtype: DType) -> Double {
        switch self {
        case .add: return 0
        case .multiply: return 1
        case .maximum:
            return dtype == .float32 ? -Double(Float.greatestFiniteMagnitude) : dtype.least
        case .minimum:
            return dtype == .float32 ? Double(Float.greatestFiniteMagnitude) : dtype.largest
        }
    }
}

extension DType {
    /// The least whole number of the type; casts of floats saturate.
    fileprivate var least: Double {
        switch self {
        case .int8: -128
        case .int16: -32_768
        case .int32: -2_147_483_648
        case .int64: -9.3e18
        default: 0
        }
    }

    fileprivate var largest: Double {
        switch self {
        case .int8: 127
        case .uint8: 255
        case .int16: 32_767
        case .uint16: 65_535
        case .int32: 2_147_483_647
        case .uint32: 4_294_967_295
        default: 9.3e18
        }
    }
}
