internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Functions of one number.
    static let elementary: OperationRows = [
        "Absolute": .one { c in try c.magnitude(c.x()) },
        "Abs": .one { c in try c.magnitude(c.x()) },
        "Fabs": .real(.abs), "Negative": .one { c in try c.negated(c.x()) },
        "Sign": .one { c in try c.signs(c.x()) }, "Square": .one { try $0.squared() },
        "Sqrt": .real(.squareRoot), "Cbrt": .one { try $0.cubeRoot() },
        "Reciprocal": .real(.reciprocal),
        "Exp": .real(.exp), "Expm1": .real(.expm1), "Log": .real(.log), "Log1p": .real(.log1p),
        "Exp2": .one { c in try c.graph.exp(c.graph.scale(c.real(c.x()), by: 0.693_147_180_6)) },
        "Log2": .one { c in
            try c.graph.divide(c.graph.log(c.real(c.x())), c.graph.constant(0.693_147_180_6))
        },
        "Log10": .one { c in
            try c.graph.divide(c.graph.log(c.real(c.x())), c.graph.constant(2.302_585_093))
        },
        "Sin": .real(.sin), "Cos": .real(.cos), "Tan": .real(.tan), "Arcsin": .real(.asin),
        "Arccos": .real(.acos), "Arctan": .real(.atan), "Sinh": .real(.sinh),
        "Cosh": .real(.cosh), "Tanh": .real(.tanh), "Arcsinh": .real(.asinh),
        "Arccosh": .real(.acosh), "Arctanh": .real(.atanh),
        "Floor": .real(.floor), "Ceil": .real(.ceil),
        "Round": .one { try $0.rounded() }, "Trunc": .one { try $0.truncated() },
        "Deg2rad": .one { c in try c.graph.scale(c.real(c.x()), by: .pi / 180) },
        "Rad2deg": .one { c in try c.graph.scale(c.real(c.x()), by: 180 / .pi) },
        "Sinc": .one { try $0.sinc() },
        "I0": .one { c in try c.graph.apply(SpecialFunction(.besselI0), c.real(c.x())) },
        "Clip": .one { try $0.clipped() },
        "NanToNum": .one { try $0.nanToNumber() },
        "Copy": .one { try $0.x() }, "Array": .one { try $0.converted() },
        "Conj": .one { try $0.x() }, "Conjugate": .one { try $0.x() }, "Real": .one { try $0.x() },
        "Imag": .one { c in
            let x = try c.x()
            return try c.full(c.shape(x), 0, c.dtype(x))
        },
    ]

    static let mathematics: OperationRows = [
        "Rsqrt": .one { c in try c.graph.unary(.reciprocalSquareRoot, c.real(c.x())) },
        "Erf": .one { c in try c.graph.unary(.erf, c.real(c.x())) },
        "Erfc": .one { c in try c.graph.apply(SpecialFunction(.complementaryErf), c.real(c.x())) },
        "Erfinv": .one { c in try c.graph.apply(SpecialFunction(.inverseErf), c.real(c.x())) },
        "Logsumexp": .one { try $0.logSumExp() },
        "TopK": .many { try $0.largest() }, "InTopK": .one { try $0.isAmongLargest() },
        "CDist": .one { try $0.distances() },
        "ExtractSequences": .one { try $0.sequences() },
        "Logdet": .one { c in try c.logDeterminant(c.x()) },
    ]
}

extension OperationRule {
    /// A function of real numbers; whole ones become float32.
    static func real(_ function: UnaryFunction) -> OperationRule {
        .one { c in try c.graph.unary(function, c.real(c.x())) }
    }
}

extension OperationCall {
    /// A tensor of one number.
    mutating func full(_ shape: [Int], _ number: Double, _ dtype: DType) throws -> Value {
        let scalar = try graph.constant(Tensor(scalar: number).converted(to: dtype.inGraph))
        return try graph.broadcast(scalar, to: Shape(shape))
    }

    mutating func magnitude(_ x: Value) throws -> Value {
        switch dtype(x) {
        case .float32: return try graph.unary(.abs, x)
        case .bool, .uint8, .uint16, .uint32, .uint64: return x
        default: return try wholeBinary(.maximum, x, negated(x))
        }
    }

    mutating func negated(_ x: Value) throws -> Value {
        guard dtype(x) != .bool else { throw refusal("truth values have no negative") }
        return isFloat(x)
            ? try graph.negate(x) : try wholeBinary(.subtract, number(0, like: x), x)
    }

    mutating func signs(_ x: Value) throws -> Value {
        if isFloat(x) { return try graph.unary(.sign, x) }
        guard dtype(x) != .bool else { throw refusal("truth values have no sign") }
        let (zero, one) = (try number(0, like: x), try number(1, like: x))
        let positive = try graph.select(compare(.greater, x, zero), one, zero)
        let minusOne = try number(-1, like: x)
        return try graph.select(compare(.less, x, zero), minusOne, positive)
    }

    fileprivate mutating func squared() throws -> Value {
        let x = try x()
        if isFloat(x) { return try graph.square(x) }
        let number = dtype(x) == .bool ? try cast(x, .int32) : x
        return try wholeBinary(.multiply, number, number)
    }

    fileprivate mutating func cubeRoot() throws -> Value {
        let x = try real(x())
        let root = try graph.power(graph.unary(.abs, x), graph.constant(1 / 3))
        return try graph.multiply(graph.unary(.sign, x), root)
    }

    fileprivate mutating func rounded() throws -> Value {
        let x = try x()
        let decimals = try options.int("decimals", default: 0)
        guard -38 < decimals, decimals < 38 else { throw refusal("\(decimals) decimals") }
        if decimals == 0 { return isFloat(x) ? try graph.unary(.round, x) : x }
        if !isFloat(x), decimals > 0 { return x }
        var factor: Float = 1
        for _ in 0..<abs(decimals) { factor *= 10 }
        let scale = try graph.constant(decimals < 0 ? 1 / factor : factor)
        let scaled = try graph.unary(.round, graph.multiply(real(x), scale))
        return try cast(graph.divide(scaled, scale), dtype(x))
    }

    fileprivate mutating func truncated() throws -> Value {
        let x = try x()
        guard isFloat(x) else { return x }
        let isNegative = try graph.compare(.less, x, graph.constant(0))
        return try graph.select(isNegative, graph.unary(.ceil, x), graph.unary(.floor, x))
    }

    fileprivate mutating func sinc() throws -> Value {
        let x = try graph.scale(real(x()), by: .pi)
        let one = try graph.constant(1)
        let isZero = try graph.compare(.equal, x, graph.constant(0))
        let safe = try graph.select(isZero, one, x)
        return try graph.select(isZero, one, graph.divide(graph.unary(.sin, safe), safe))
    }

    /// The bounds may be tensors; they come in the type of `x`.
    fileprivate mutating func clipped() throws -> Value {
        var x = try x()
        if dtype(x) == .bool { x = try cast(x, .int32) }
        if isFloat(x), case .number(let low) = try operand(1, "x_min"),
            case .number(let high) = try operand(2, "x_max"),
            let lowest = low.double, let highest = high.double, lowest <= highest
        {
            return try graph.unary(.clip(lowest: Float(lowest), highest: Float(highest)), x)
        }
        let low = try graph.cast(tensor(1, "x_min"), to: dtype(x))
        let high = try graph.cast(tensor(2, "x_max"), to: dtype(x))
        return try wholeBinary(.maximum, wholeBinary(.minimum, x, high), low)
    }

    fileprivate mutating func nanToNumber() throws -> Value {
        let x = try x()
        guard isFloat(x) else { return x }
        let largest = Float.greatestFiniteMagnitude
        let nan = try graph.constant(options.float("nan", default: 0))
        let high = try graph.constant(options.float("posinf", default: largest))
        let low = try graph.constant(options.float("neginf", default: -largest))
        let (up, down) = (try graph.constant(.infinity), try graph.constant(-.infinity))
        var y = try graph.select(graph.classify(.isNaN, x), nan, x)
        y = try graph.select(graph.compare(.equal, x, up), high, y)
        return try graph.select(graph.compare(.equal, x, down), low, y)
    }

    /// `x` in the element type of the option, as `cast` and `convert_to_tensor` give it.
    mutating func converted() throws -> Value {
        let x = try x()
        guard let dtype = try dtypeOption() else { return x }
        switch dtype {
        case .float16, .bfloat16:
            // Rounded as there; further computing is in float32.
            return try graph.cast(graph.cast(real(x), to: dtype), to: .float32)
        default: return try cast(x, dtype)
        }
    }

    fileprivate mutating func logSumExp() throws -> Value {
        let x = try real(x())
        return try graph.logSumExp(
            x, axes: axesOption(rank: shape(x).count),
            keepsDimensions: options.bool("keepdims", default: false))
    }

    /// Euclidean distances of all rows of `x` from all rows of `y`.
    fileprivate mutating func distances() throws -> Value {
        let (a, b) = (try real(x()), try real(tensor(1, "y")))
        guard shape(a).count >= 2, shape(b).count >= 2, shape(a).last == shape(b).last else {
            throw refusal("\(shape(a)) and \(shape(b)) do not fit")
        }
        let difference = try graph.subtract(expanded(a, [-2]), expanded(b, [-3]))
        let squares = try graph.square(difference)
        return try graph.squareRoot(graph.sum(squares, axes: [shape(squares).count - 1]))
    }
}
