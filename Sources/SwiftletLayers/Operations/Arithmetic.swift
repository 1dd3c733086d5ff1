internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Functions of two numbers under Keras's type promotion.
    static let arithmetic: OperationRows = [
        "Add": .binary(.add), "Subtract": .binary(.subtract), "Multiply": .binary(.multiply),
        "Maximum": .binary(.maximum), "Minimum": .binary(.minimum),
        "Divide": .one { try $0.quotient() }, "TrueDivide": .one { try $0.quotient() },
        "DivideNoNan": .one { try $0.quotientOrZero() },
        "FloorDivide": .binary(.floorDivide),
        "Mod": .one { try $0.remainder() }, "Fmod": .one { try $0.truncatedRemainder() },
        "Power": .one { try $0.power() },
        "Fmax": .one { try $0.numberOver(.maximum) }, "Fmin": .one { try $0.numberOver(.minimum) },
        "Arctan2": .one { c in
            let (a, b) = try c.realPair()
            return try c.graph.apply(Binary(.atan2), a, b)
        },
        "Hypot": .one { try $0.hypotenuse() },
        "Heaviside": .one { try $0.heaviside() },
        "Logaddexp": .one { try $0.logAddExp(base: 1) },
        "Logaddexp2": .one { try $0.logAddExp(base: 0.693_147_180_559_945_3) },
        "Ldexp": .one { c in
            let (a, b) = try c.realPair()
            let scaled = try c.graph.multiply(a, c.graph.power(c.graph.constant(2), b))
            let kept = try c.graph.logicalOr(
                c.graph.classify(.isInfinite, a), c.graph.compare(.equal, a, c.graph.constant(0)))
            return try c.graph.select(kept, a, scaled)
        },
        "Gcd": .one { c in
            let (a, b) = try c.integerPair()
            return try c.integerBinary(.greatestCommonDivisor, a, b)
        },
        "Lcm": .one { try $0.leastCommonMultiple() },
        "BitwiseAnd": .bits(.bitwiseAnd), "BitwiseOr": .bits(.bitwiseOr),
        "BitwiseXor": .bits(.bitwiseXor),
        "BitwiseLeftShift": .bits(.leftShift), "LeftShift": .bits(.leftShift),
        "BitwiseRightShift": .bits(.rightShift), "RightShift": .bits(.rightShift),
        "BitwiseInvert": .one { try $0.bitwiseNot() }, "BitwiseNot": .one { try $0.bitwiseNot() },
    ]
}

extension OperationRule {
    fileprivate static func binary(_ function: BinaryFunction) -> OperationRule {
        .one { c in
            let (a, b) = try c.pair()
            return try c.wholeBinary(function, a, b)
        }
    }

    fileprivate static func bits(_ function: IntegerFunction) -> OperationRule {
        .one { c in
            let (a, b) = try c.integerPair()
            return try c.integerBinary(function, a, b)
        }
    }
}

extension OperationCall {
    /// The two operands in their common type, in which Python numbers give way.
    mutating func pair(with more: [OperandType] = []) throws -> (Value, Value) {
        let operands = [try operand(0, "x1"), try operand(1, "x2")]
        let both = try promoted(operands, with: more)
        return (both[0], both[1])
    }

    /// The two operands as float32.
    mutating func realPair() throws -> (Value, Value) {
        (try real(tensor(0, "x1")), try real(tensor(1, "x2")))
    }

    /// Two operands of whole numbers (or truth values), named `x` and `y` or `x1` and `x2`.
    fileprivate mutating func integerPair() throws -> (Value, Value) {
        let keys = has(0, "x1") && structure(0, "x") == nil ? ("x1", "x2") : ("x", "y")
        let both = try promoted([operand(0, keys.0), operand(1, keys.1)])
        guard !isFloat(both[0]) else { throw refusal("whole numbers expected, floats found") }
        return (both[0], both[1])
    }

    /// A function of the bits or divisors of two operands of one type.
    mutating func integerBinary(
        _ function: IntegerFunction, _ a: Value, _ b: Value
    ) throws -> Value {
        let dtype = dtype(a)
        let working: DType = dtype == .bool ? .uint8 : dtype.working
        let result = try graph.apply(
            IntegerBinary(function), graph.cast(a, to: working), graph.cast(b, to: working))
        return try graph.cast(result, to: dtype)
    }

    /// Every bit set, in a value's type.
    private mutating func allOnes(like value: Value) throws -> Value {
        try graph.constant(Tensor(scalar: Int64(-1)).converted(to: dtype(value)))
    }

    /// A function of two operands of one type, whatever that is.
    mutating func wholeBinary(
        _ function: BinaryFunction, _ a: Value, _ b: Value
    ) throws -> Value {
        let dtype = dtype(a)
        guard dtype != .uint64 else { throw refusal("uint64 is not supported") }
        if dtype == .bool {
            let bytes = try graph.apply(
                Binary(function), graph.cast(a, to: .uint8), graph.cast(b, to: .uint8))
            return try graph.cast(bytes, to: .bool)
        }
        guard dtype != dtype.working else { return try graph.apply(Binary(function), a, b) }
        let result = try graph.apply(
            Binary(function), graph.cast(a, to: dtype.working), graph.cast(b, to: dtype.working))
        return try graph.cast(result, to: dtype)
    }

    fileprivate mutating func quotient() throws -> Value {
        let (a, b) = try pair(with: [.weakFloat])
        return try graph.divide(a, b)
    }

    fileprivate mutating func quotientOrZero() throws -> Value {
        let (a, b) = try pair(with: [.weakFloat])
        return try divideOrZero(a, b)
    }

    /// `a / b`, 0 where `b` is 0; the derivative is 0 there too.
    mutating func divideOrZero(_ a: Value, _ b: Value) throws -> Value {
        let zero = try graph.constant(0)
        let isZero = try graph.compare(.equal, b, zero)
        let safe = try graph.select(isZero, graph.constant(1), b)
        return try graph.select(isZero, zero, graph.divide(a, safe))
    }

    fileprivate mutating func remainder() throws -> Value {
        var (a, b) = try pair()
        if dtype(a) == .bool { (a, b) = (try cast(a, .int32), try cast(b, .int32)) }
        return try wholeBinary(.floorMod, a, b)
    }

    /// The remainder with the dividend's sign.
    fileprivate mutating func truncatedRemainder() throws -> Value {
        var (a, b) = try pair()
        if dtype(a) == .bool { (a, b) = (try cast(a, .int32), try cast(b, .int32)) }
        let rest = try wholeBinary(.floorMod, magnitude(a), magnitude(b))
        return try wholeBinary(.multiply, signs(a), rest)
    }

    fileprivate mutating func power() throws -> Value {
        let (a, b) = try pair()
        if isFloat(a) { return try graph.power(a, b) }
        let dtype = dtype(a)
        guard dtype != .bool else { throw refusal("truth values have no powers") }
        let type: DType = dtype == .int64 ? .int64 : .int32
        return try graph.cast(
            wholePower(graph.cast(a, to: type), graph.cast(b, to: type)), to: dtype)
    }

    /// By repeated squaring; the exponent's bits choose the factors.
    private mutating func wholePower(_ base: Value, _ exponent: Value) throws -> Value {
        let (one, two) = (try number(1, like: base), try number(2, like: base))
        let known = graph.constantTensor(exponent).flatMap { try? $0.doubles().max() }
        let bits = known.map {
            max(1, Int.bitWidth - Int(max(0, min($0, 1e6))).leadingZeroBitCount)
        }
        var (result, square, rest) = (one, base, exponent)
        for bit in 0..<(bits ?? 31) {
            let isOdd = try graph.compare(
                .equal, graph.apply(Binary(.floorMod), rest, two), one)
            let factor = try graph.select(isOdd, square, one)
            result = bit == 0 ? factor : try graph.multiply(result, factor)
            square = try graph.multiply(square, square)
            rest = try graph.apply(Binary(.floorDivide), rest, two)
        }
        return result
    }

    /// A number as a scalar of a value's type.
    mutating func number(_ number: Double, like value: Value) throws -> Value {
        try graph.constant(Tensor(scalar: number).converted(to: dtype(value)))
    }

    /// The larger or smaller one; the other where one is NaN.
    fileprivate mutating func numberOver(_ function: BinaryFunction) throws -> Value {
        let (a, b) = try pair()
        let larger = try wholeBinary(function, a, b)
        guard isFloat(a) else { return larger }
        let result = try graph.select(graph.classify(.isNaN, a), b, larger)
        return try graph.select(graph.classify(.isNaN, b), a, result)
    }

    fileprivate mutating func hypotenuse() throws -> Value {
        let (x1, x2) = try realPair()
        let (a, b) = (try graph.unary(.abs, x1), try graph.unary(.abs, x2))
        let largest = try graph.maximum(a, b)
        let ratio = try divideOrZero(graph.minimum(a, b), largest)
        let root = try graph.squareRoot(graph.add(graph.constant(1), graph.square(ratio)))
        return try graph.multiply(largest, root)
    }

    fileprivate mutating func heaviside() throws -> Value {
        let (a, b) = try realPair()
        let (zero, one) = (try graph.constant(0), try graph.constant(1))
        let upper = try graph.select(graph.compare(.greater, a, zero), one, b)
        return try graph.select(graph.compare(.less, a, zero), zero, upper)
    }

    /// `log(e^a + e^b)`; with powers of 2 for a base whose logarithm is given.
    fileprivate mutating func logAddExp(base: Float) throws -> Value {
        let (a, b) = try realPair()
        let delta = try graph.subtract(a, b)
        let distance = try graph.scale(graph.unary(.abs, delta), by: -base)
        let rest = try graph.scale(graph.unary(.log1p, graph.exp(distance)), by: 1 / base)
        let sum = try graph.add(graph.maximum(a, b), rest)
        return try graph.select(graph.classify(.isNaN, delta), graph.add(a, b), sum)
    }

    fileprivate mutating func leastCommonMultiple() throws -> Value {
        let (x1, x2) = try integerPair()
        let (a, b) = (try magnitude(x1), try magnitude(x2))
        let divisor = try integerBinary(.greatestCommonDivisor, a, b)
        let isZero = try same(divisor, number(0, like: divisor))
        let safe = try graph.select(isZero, number(1, like: divisor), divisor)
        let product = try wholeBinary(.multiply, a, wholeBinary(.floorDivide, b, safe))
        return try graph.select(isZero, number(0, like: product), product)
    }

    fileprivate mutating func bitwiseNot() throws -> Value {
        let x = try x()
        guard !isFloat(x) else { throw refusal("whole numbers expected, floats found") }
        if dtype(x) == .bool { return try graph.logicalNot(x) }
        return try integerBinary(.bitwiseXor, x, allOnes(like: x))
    }
}
