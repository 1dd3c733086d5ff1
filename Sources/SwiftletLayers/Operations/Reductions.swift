internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Functions of all numbers along axes.
    static let reductions: OperationRows = [
        "Sum": .one { try $0.summed() }, "Prod": .one { try $0.multiplied() },
        "Mean": .one { c in try c.reduced(.mean, c.real(c.x())) },
        "Max": .one { try $0.extreme(.maximum) }, "Amax": .one { try $0.extreme(.maximum) },
        "Min": .one { try $0.extreme(.minimum) }, "Amin": .one { try $0.extreme(.minimum) },
        "Ptp": .one { try $0.extent() },
        "All": .one { c in try c.reduced(.all, c.truth(c.x())) },
        "Any": .one { c in try c.reduced(.any, c.truth(c.x())) },
        "CountNonzero": .one { c in
            let counted = try c.graph.cast(c.truth(c.x()), to: .int32)
            return try c.reduced(.sum, counted)
        },
        "Var": .one { c in try c.variance(c.x(), key: "axis") },
        "Std": .one { c in try c.graph.squareRoot(c.variance(c.x(), key: "axis")) },
        "Average": .one { try $0.weightedMean() },
        "Argmax": .one { c in try c.position(.argmax, of: c.x()) },
        "Argmin": .one { c in try c.position(.argmin, of: c.x()) },
        "Cumsum": .one { c in try c.cumulated(.sum, c.converted()) },
        "Cumprod": .one { c in try c.cumulated(.product, c.converted()) },
        "Nanargmax": .one { try $0.positionWithoutNaN(.argmax) },
        "Nanargmin": .one { try $0.positionWithoutNaN(.argmin) },
        "Nancumsum": .one { c in try c.cumulated(.sum, c.withoutNaN(c.converted(), 0)) },
        "Nancumprod": .one { c in try c.cumulated(.product, c.withoutNaN(c.converted(), 1)) },
        "Nanmax": .one { try $0.extremeWithoutNaN(.maximum) },
        "Nanmin": .one { try $0.extremeWithoutNaN(.minimum) },
        "Nansum": .one { c in try c.sum(of: c.withoutNaN(c.x(), 0)) },
        "Nanprod": .one { c in try c.product(of: c.withoutNaN(c.x(), 1)) },
        "Nanmean": .one { c in
            try c.meanWithoutNaN(c.real(c.x()), keepsDimensions: c.keepsDimensions())
        },
        "Nanvar": .one { try $0.varianceWithoutNaN() },
        "Nanstd": .one { c in try c.graph.squareRoot(c.varianceWithoutNaN()) },
        "Trapezoid": .one { try $0.trapezoid() },
        "Diff": .one { try $0.differences() },
    ]
}

extension OperationCall {
    func keepsDimensions() throws -> Bool { try options.bool("keepdims", default: false) }

    /// A reduction over the option's axes, in a type wide enough and back.
    mutating func reduced(
        _ function: Reduce.Function, _ x: Value, key: String = "axis", keeps: Bool? = nil
    ) throws -> Value {
        let axes = try axesOption(key, rank: shape(x).count)
        return try reduced(function, x, axes: axes, keeps: keeps ?? keepsDimensions())
    }

    mutating func reduced(
        _ function: Reduce.Function, _ x: Value, axes: [Int], keeps: Bool
    ) throws -> Value {
        let dtype = dtype(x)
        guard dtype != .uint64 else { throw refusal("uint64 is not supported") }
        let wide = dtype == .bool ? x : try graph.cast(x, to: dtype.working)
        let result = try graph.reduce(function, wide, axes: axes, keepsDimensions: keeps)
        return try graph.cast(result, to: dtype)
    }

    /// The type in which Keras adds and multiplies up numbers of a type.
    private func accumulated(_ dtype: DType) -> DType {
        switch dtype {
        case .bool, .int8, .int16: .int32
        case .uint8, .uint16: .uint32
        default: dtype
        }
    }

    mutating func sum(of x: Value) throws -> Value {
        try reduced(.sum, graph.cast(x, to: accumulated(dtype(x))))
    }

    mutating func product(of x: Value) throws -> Value {
        try reduced(.product, graph.cast(x, to: accumulated(dtype(x))))
    }

    fileprivate mutating func summed() throws -> Value { try sum(of: x()) }

    fileprivate mutating func multiplied() throws -> Value {
        let x = try x()
        guard let dtype = try dtypeOption() else { return try product(of: x) }
        return try reduced(.product, cast(x, dtype))
    }

    fileprivate mutating func extreme(_ function: Reduce.Function) throws -> Value {
        let x = try x()
        let isTruth = dtype(x) == .bool
        let reducing: Reduce.Function =
            isTruth ? (function == .maximum ? .any : .all) : function
        let result = try reduced(reducing, x)
        guard has(.max, "initial") else { return result }
        let first = try graph.cast(tensor(.max, "initial"), to: dtype(x))
        return try wholeBinary(function == .maximum ? .maximum : .minimum, result, first)
    }

    fileprivate mutating func extent() throws -> Value {
        let x = try x()
        return try wholeBinary(.subtract, reduced(.maximum, x), reduced(.minimum, x))
    }

    /// `E (x − E x)²` over the axes of an option.
    mutating func variance(_ x: Value, key: String) throws -> Value {
        let x = try real(x)
        let mean = try reduced(.mean, x, key: key, keeps: true)
        return try reduced(.mean, graph.square(graph.subtract(x, mean)), key: key)
    }

    fileprivate mutating func weightedMean() throws -> Value {
        let x = try real(x())
        let rank = shape(x).count
        let axes = try axesOption(rank: rank)
        guard let given = try optionalTensor(1, "weights") else {
            return try graph.mean(x, axes: axes)
        }
        var weights = try real(given)
        if shape(weights).count != rank {
            guard axes.count == 1, shape(weights).count == 1 else {
                throw refusal("weights of \(shape(weights)) for \(shape(x))")
            }
            var wide = [Int](repeating: 1, count: rank)
            wide[axes[0]] = shape(weights)[0]
            weights = try graph.reshape(weights, to: wide)
        }
        let total = try graph.sum(graph.multiply(x, weights), axes: axes)
        return try graph.divide(total, graph.sum(weights, axes: axes))
    }

    /// Where the largest or smallest number is, as int32; −0 is less than 0.
    mutating func position(_ function: ArgReduce.Function, of x: Value) throws -> Value {
        var y = try graph.cast(x, to: dtype(x).working)
        if isFloat(y), shape(y).isEmpty == false {
            let zero = try graph.constant(0)
            let isMinusZero = try graph.logicalAnd(same(y, zero), isNegative(y))
            y = try graph.select(isMinusZero, graph.constant(-Float.leastNormalMagnitude), y)
        }
        return try positions(function, y)
    }

    private mutating func positions(
        _ function: ArgReduce.Function, _ x: Value
    ) throws -> Value {
        let rank = shape(x).count
        guard options.value("axis") != nil else {
            let result = try graph.apply(ArgReduce(function, axis: 0), flat(x))
            let ones = [Int](repeating: 1, count: rank)
            return try keepsDimensions() ? graph.reshape(result, to: ones) : result
        }
        let axis = try axisOption(rank: rank)
        return try graph.apply(
            ArgReduce(function, axis: axis, keepsDimensions: keepsDimensions()), x)
    }

    fileprivate mutating func positionWithoutNaN(
        _ function: ArgReduce.Function
    ) throws -> Value {
        let x = try x()
        guard isFloat(x) else { return try position(function, of: x) }
        let isNaN = try graph.classify(.isNaN, x)
        let worst = try graph.constant(function == .argmax ? -.infinity : .infinity)
        let found = try position(function, of: graph.select(isNaN, worst, x))
        let none = try number(-1, like: found)
        return try graph.select(reduced(.all, isNaN), none, found)
    }

    // MARK: Cumulative

    mutating func cumulated(_ operation: Cumulative.Operation, _ x: Value) throws -> Value {
        var x = dtype(x) == .bool ? try cast(x, .int32) : x
        var axis = 0
        if options.value("axis") == nil {
            x = try flat(x)
        } else {
            axis = try axisOption(rank: shape(x).count)
        }
        let isExclusive = try options.bool("exclusive", default: false)
        let isReversed = try options.bool("reverse", default: false)
        if dtype(x) == .float32 || dtype(x) == .int32 {
            return try graph.apply(
                Cumulative(
                    operation: operation, axis: axis, isExclusive: isExclusive,
                    isReversed: isReversed), x)
        }
        guard !isExclusive, !isReversed else {
            throw refusal("exclusive or reverse of \(dtype(x)) is not supported")
        }
        return try cumulatedByDoubling(operation == .sum ? .add : .multiply, x, axis)
    }

    /// After step k each element holds those of the 2ᵏ before it.
    private mutating func cumulatedByDoubling(
        _ function: BinaryFunction, _ x: Value, _ axis: Int
    ) throws -> Value {
        let count = shape(x)[axis]
        var (result, step) = (x, 1)
        while step < count {
            let head = try graph.slice(result, axis: axis, 0..<step)
            let late = try graph.slice(result, axis: axis, step..<count)
            let early = try graph.slice(result, axis: axis, 0..<(count - step))
            result = try graph.concatenate(
                [head, wholeBinary(function, late, early)], axis: axis)
            step *= 2
        }
        return result
    }

    // MARK: Numbers without NaN

    mutating func withoutNaN(_ x: Value, _ replacement: Float) throws -> Value {
        guard isFloat(x) else { return x }
        return try graph.select(
            graph.classify(.isNaN, x), graph.constant(replacement), x)
    }

    fileprivate mutating func extremeWithoutNaN(_ function: Reduce.Function) throws -> Value {
        let x = try x()
        guard isFloat(x) else { return try extreme(function) }
        let isNaN = try graph.classify(.isNaN, x)
        let worst: Float = function == .maximum ? -.infinity : .infinity
        let result = try reduced(function, withoutNaN(x, worst))
        return try graph.select(reduced(.all, isNaN), graph.constant(.nan), result)
    }

    mutating func meanWithoutNaN(_ x: Value, keepsDimensions: Bool) throws -> Value {
        let valid = try graph.indicator(graph.logicalNot(graph.classify(.isNaN, x)))
        let count = try reduced(.sum, valid, keeps: keepsDimensions)
        return try graph.divide(
            reduced(.sum, withoutNaN(x, 0), keeps: keepsDimensions), count)
    }

    fileprivate mutating func varianceWithoutNaN() throws -> Value {
        let x = try real(x())
        let isNaN = try graph.classify(.isNaN, x)
        let centred = try graph.subtract(x, meanWithoutNaN(x, keepsDimensions: true))
        let squares = try graph.square(graph.select(isNaN, graph.constant(0), centred))
        let count = try reduced(.sum, graph.indicator(graph.logicalNot(isNaN)))
        return try graph.divide(reduced(.sum, squares), count)
    }

    // MARK: Neighbours

    mutating func differences() throws -> Value {
        let x = try tensor(0, "a")
        let order = try options.int("n", default: 1)
        guard order >= 0, order < 1 << 16 else { throw refusal("order \(order)") }
        guard order > 0 else { return x }
        return try differences(
            x, axis: axisOption(rank: shape(x).count, default: -1), order: order)
    }

    private mutating func differences(_ x: Value, axis: Int, order: Int = 1) throws -> Value {
        var x = x
        for _ in 0..<order {
            let count = shape(x)[axis]
            guard count > 0 else { return x }
            let late = try graph.slice(x, axis: axis, 1..<count)
            let early = try graph.slice(x, axis: axis, 0..<(count - 1))
            x =
                dtype(x) == .bool
                ? try graph.logicalXor(late, early) : try wholeBinary(.subtract, late, early)
        }
        return x
    }

    fileprivate mutating func trapezoid() throws -> Value {
        let y = try real(tensor(0, "y"))
        let axis = try axisOption(rank: shape(y).count, default: -1)
        var step = try graph.constant(options.float("dx", default: 1))
        if let points = try optionalTensor(1, "x") {
            let points = try real(points)
            let pointAxis = shape(points).count == 1 ? 0 : axis
            step = try differences(points, axis: pointAxis)
            if shape(points).count == 1 {
                var wide = [Int](repeating: 1, count: shape(y).count)
                wide[axis] = shape(step)[0]
                step = try graph.reshape(step, to: wide)
            }
        }
        let count = shape(y)[axis]
        guard count > 0 else { throw refusal("nothing along axis \(axis)") }
        let sums = try graph.add(
            graph.slice(y, axis: axis, 1..<count), graph.slice(y, axis: axis, 0..<(count - 1)))
        let areas = try graph.multiply(graph.scale(sums, by: 0.5), step)
        return try graph.sum(areas, axes: [axis])
    }
}
