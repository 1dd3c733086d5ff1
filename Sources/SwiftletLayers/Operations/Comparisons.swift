internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Questions about numbers; the answers are bool.
    static let comparisons: OperationRows = [
        "Equal": .comparison(.equal), "NotEqual": .comparison(.notEqual),
        "Greater": .comparison(.greater), "GreaterEqual": .comparison(.greaterOrEqual),
        "Less": .comparison(.less), "LessEqual": .comparison(.lessOrEqual),
        "LogicalAnd": .logical { try $0.graph.logicalAnd($1, $2) },
        "LogicalOr": .logical { try $0.graph.logicalOr($1, $2) },
        "LogicalXor": .logical { try $0.graph.logicalXor($1, $2) },
        "LogicalNot": .one { c in try c.graph.logicalNot(c.truth(c.x())) },
        "Isnan": .classification(.isNaN), "Isinf": .classification(.isInfinite),
        "Isfinite": .classification(.isFinite),
        "Isposinf": .infinity(.infinity), "Isneginf": .infinity(-.infinity),
        "Isreal": .one { c in
            let x = try c.x()
            return try c.full(c.shape(x), 1, .bool)
        },
        "Signbit": .one { c in try c.isNegative(c.x()) },
        "Isclose": .one { c in
            let operands = try c.strongPair()
            return try c.isClose(operands.0, operands.1)
        },
        "AllClose": .one { c in
            let (a, b) = try c.strongPair()
            let close = try c.isAllClose(a, b)
            return try c.graph.reduce(.all, close, axes: Array(0..<c.shape(close).count))
        },
        "IsIn": .one { try $0.isIn() },
        "Where": .one { try $0.chosen() }, "Select": .one { try $0.firstChosen() },
    ]
}

extension OperationRule {
    fileprivate static func comparison(_ comparison: Comparison) -> OperationRule {
        .one { c in
            let (a, b) = try c.strongPair()
            return try c.compare(comparison, a, b)
        }
    }

    fileprivate static func logical(
        _ body: @escaping @Sendable (inout OperationCall, Value, Value) throws -> Value
    ) -> OperationRule {
        .one { c in
            let (a, b) = (try c.truth(c.tensor(0, "x1")), try c.truth(c.tensor(1, "x2")))
            return try body(&c, a, b)
        }
    }

    fileprivate static func classification(_ kind: Classify.Kind) -> OperationRule {
        .one { c in
            let x = try c.x()
            guard c.isFloat(x) else {
                return try c.full(c.shape(x), kind == .isFinite ? 1 : 0, .bool)
            }
            return try c.graph.classify(kind, x)
        }
    }

    fileprivate static func infinity(_ infinity: Float) -> OperationRule {
        .one { c in
            let x = try c.x()
            guard c.isFloat(x) else { return try c.full(c.shape(x), 0, .bool) }
            return try c.graph.compare(.equal, x, c.graph.constant(infinity))
        }
    }
}

extension OperationCall {
    /// The two operands in the common type of tensors: Python numbers count as int32 or float32.
    mutating func strongPair() throws -> (Value, Value) {
        let both = try promoted([operand(0, "x1"), operand(1, "x2")], isWeak: false)
        return (both[0], both[1])
    }

    /// Whether numbers are not zero.
    mutating func truth(_ x: Value) throws -> Value { try graph.cast(x, to: .bool) }

    mutating func compare(_ comparison: Comparison, _ a: Value, _ b: Value) throws -> Value {
        let dtype = dtype(a)
        guard dtype != .uint64 else { throw refusal("uint64 is not supported") }
        guard dtype != dtype.working else { return try graph.compare(comparison, a, b) }
        return try graph.compare(
            comparison, graph.cast(a, to: dtype.working), graph.cast(b, to: dtype.working))
    }

    mutating func same(_ a: Value, _ b: Value) throws -> Value { try compare(.equal, a, b) }

    /// Whether the sign is minus, that of −0 included.
    mutating func isNegative(_ x: Value) throws -> Value {
        let below = try compare(.less, x, number(0, like: x))
        guard isFloat(x) else { return below }
        let inverse = try graph.unary(.reciprocal, x)
        return try graph.logicalOr(
            below, graph.compare(.equal, inverse, graph.constant(-.infinity)))
    }

    fileprivate mutating func isClose(_ a: Value, _ b: Value) throws -> Value {
        guard isFloat(a) else { return try same(a, b) }
        let (relative, absolute) = (
            try real(structure(2, "rtol") == nil ? graph.constant(1e-5) : tensor(2, "rtol")),
            try real(structure(3, "atol") == nil ? graph.constant(1e-8) : tensor(3, "atol"))
        )
        let room = try graph.add(absolute, graph.multiply(relative, graph.unary(.abs, b)))
        let distance = try graph.unary(.abs, graph.subtract(a, b))
        let close = try graph.compare(.lessOrEqual, distance, room)
        return try options.bool("equal_nan", default: false) ? orBothNaN(close, a, b) : close
    }

    private mutating func orBothNaN(_ close: Value, _ a: Value, _ b: Value) throws -> Value {
        let both = try graph.logicalAnd(graph.classify(.isNaN, a), graph.classify(.isNaN, b))
        return try graph.logicalOr(close, both)
    }

    fileprivate mutating func isAllClose(_ a: Value, _ b: Value) throws -> Value {
        guard isFloat(a) else { return try same(a, b) }
        let finite = try graph.logicalAnd(
            graph.classify(.isFinite, a), graph.classify(.isFinite, b))
        let close = try graph.logicalAnd(finite, isClose(a, b))
        let result = try graph.logicalOr(close, same(a, b))
        return try options.bool("equal_nan", default: false) ? orBothNaN(result, a, b) : result
    }

    fileprivate mutating func isIn() throws -> Value {
        let (a, b) = try strongPair()
        let list = try flat(b)
        let equal = try same(expanded(a, [-1]), list)
        let found = try graph.reduce(.any, equal, axes: [shape(equal).count - 1])
        return try options.bool("invert", default: false) ? graph.logicalNot(found) : found
    }

    fileprivate mutating func chosen() throws -> Value {
        let condition = try truth(tensor(0, "condition"))
        guard has(1, "x1"), has(2, "x2") else {
            throw refusal("without values it gives a shape that depends on the numbers")
        }
        let both = try promoted([operand(1, "x1"), operand(2, "x2")])
        return try graph.select(condition, both[0], both[1])
    }

    /// The choice of the first condition that is true, else the default.
    fileprivate mutating func firstChosen() throws -> Value {
        let conditions = try tensors(0, "condlist")
        var choices = try operands(1, "choicelist")
        guard conditions.count == choices.count else {
            throw refusal("\(conditions.count) conditions for \(choices.count) choices")
        }
        choices.append(has(2, "default") ? try operand(2, "default") : .number(.int(0)))
        let values = try promoted(choices)
        var result = values[values.count - 1]
        for (condition, value) in zip(conditions, values).reversed() {
            result = try graph.select(truth(condition), value, result)
        }
        return result
    }
}
