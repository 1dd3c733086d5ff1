internal import CKernels
internal import SwiftletTensor

/// A function of two numbers.
package enum BinaryFunction: String, Sendable, Hashable, CaseIterable {
    case add, subtract, multiply
    /// float32 only, as are ``power`` and ``atan2``.
    case divide
    case maximum, minimum
    case squaredDifference = "squared_difference"
    /// The quotient rounded down; 0 for a whole number divided by zero.
    case floorDivide = "floor_divide"
    /// The remainder with the divisor's sign, as in Python.
    case floorMod = "floor_mod"
    case power
    case atan2
}

/// `y = f(a, b)`, number by number under NumPy's broadcasting rules; float32, int32, int64 or uint8.
package struct Binary: Op {
    package let function: BinaryFunction

    package init(_ function: BinaryFunction) { self.function = function }

    package var name: String { function.rawValue }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        let dtype = inputs[0].dtype
        guard dtype == inputs[1].dtype, dtype.kernelType != nil, dtype != .bool else {
            throw refusal("\(dtype) and \(inputs[1].dtype) cannot be combined")
        }
        if [.divide, .power, .atan2].contains(function), dtype != .float32 {
            throw refusal("float32 expected, \(dtype) found")
        }
        return [TensorType(try broadcastShape(of: inputs), dtype)]
    }

    // An operand of the result's size is not repeated, so every number is read before it is written.
    package func canOverwrite(input: Int) -> Bool { true }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isBroadcast ? self : nil }

    package func isLinear(in addends: [Bool]) -> Bool {
        switch function {
        case .add, .subtract: addends == [true, true]
        case .multiply: addends != [true, true]
        case .divide: addends == [true, false]
        default: false
        }
    }

    package func evaluate(_ call: OpCall) {
        guard let type = call.outputTypes[0].dtype.kernelType else { return }
        forEachBroadcastRange(call) { walk, range in
            sl_binary_apply(
                function.code, type, walk, call.input(0), call.input(1), call.output(),
                range.lowerBound, range.upperBound)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0], node.types[0].dtype == .float32 else {
            return [nil, nil]
        }
        let (a, b) = (node.inputs[0], node.inputs[1])
        let slopes = try slopes(a, b, node.output(), dy, in: &graph)
        return [
            try slopes.0.map { try graph.unbroadcast($0, to: graph.shape(of: a)) },
            try slopes.1.map { try graph.unbroadcast($0, to: graph.shape(of: b)) },
        ]
    }

    /// The derivatives in the shape of the result, before the sums over repeated axes.
    private func slopes(
        _ a: Value, _ b: Value, _ y: Value, _ dy: Value, in graph: inout Graph
    ) throws -> (Value?, Value?) {
        switch function {
        case .add: return (dy, dy)
        case .subtract: return (dy, try graph.negate(dy))
        case .multiply: return (try graph.multiply(dy, b), try graph.multiply(dy, a))
        case .divide:
            let da = try graph.divide(dy, b)
            return (da, try graph.negate(graph.multiply(da, y)))
        case .maximum, .minimum:
            // Where both are equal, all of it goes to the first, as TensorFlow does.
            let first = try graph.compare(
                function == .maximum ? .greaterOrEqual : .lessOrEqual, a, b)
            let zero = try graph.constant(0)
            return (try graph.select(first, dy, zero), try graph.select(first, zero, dy))
        case .squaredDifference:
            let twice = try graph.multiply(graph.subtract(a, b), graph.constant(2))
            let da = try graph.multiply(dy, twice)
            return (da, try graph.negate(da))
        case .floorDivide: return (nil, nil)
        case .floorMod:
            let quotient = try graph.apply(Binary(.floorDivide), a, b)
            return (dy, try graph.negate(graph.multiply(dy, quotient)))
        case .power: return try powerSlopes(a, b, y, dy, in: &graph)
        case .atan2:
            let squares = try graph.add(graph.square(a), graph.square(b))
            let scaled = try graph.divide(dy, squares)
            return (
                try graph.multiply(scaled, b), try graph.negate(graph.multiply(scaled, a))
            )
        }
    }

    /// `b · a^(b − 1)` and `a^b · log a`, the latter 0 where a ≤ 0.
    private func powerSlopes(
        _ a: Value, _ b: Value, _ y: Value, _ dy: Value, in graph: inout Graph
    ) throws -> (Value?, Value?) {
        let one = try graph.constant(1)
        let zero = try graph.constant(0)
        let lowered = try graph.multiply(b, graph.power(a, graph.subtract(b, one)))
        let positive = try graph.compare(.greater, a, zero)
        let logarithm = try graph.log(graph.select(positive, a, one))
        return (
            try graph.multiply(dy, lowered),
            try graph.multiply(dy, graph.multiply(y, logarithm))
        )
    }
}

extension BinaryFunction {
    fileprivate var code: sl_binary {
        switch self {
        case .add: SL_BINARY_ADD
        case .subtract: SL_BINARY_SUBTRACT
        case .multiply: SL_BINARY_MULTIPLY
        case .divide: SL_BINARY_DIVIDE
        case .maximum: SL_BINARY_MAXIMUM
        case .minimum: SL_BINARY_MINIMUM
        case .squaredDifference: SL_BINARY_SQUARED_DIFFERENCE
        case .floorDivide: SL_BINARY_FLOOR_DIVIDE
        case .floorMod: SL_BINARY_FLOOR_MOD
        case .power: SL_BINARY_POWER
        case .atan2: SL_BINARY_ATAN2
        }
    }
}

extension Graph {
    package mutating func add(_ a: Value, _ b: Value) throws -> Value {
        try apply(Binary(.add), a, b)
    }

    package mutating func subtract(_ a: Value, _ b: Value) throws -> Value {
        try apply(Binary(.subtract), a, b)
    }

    package mutating func multiply(_ a: Value, _ b: Value) throws -> Value {
        try apply(Binary(.multiply), a, b)
    }

    package mutating func divide(_ a: Value, _ b: Value) throws -> Value {
        try apply(Binary(.divide), a, b)
    }

    package mutating func power(_ a: Value, _ b: Value) throws -> Value {
        try apply(Binary(.power), a, b)
    }

    package mutating func maximum(_ a: Value, _ b: Value) throws -> Value {
        try apply(Binary(.maximum), a, b)
    }

    package mutating func minimum(_ a: Value, _ b: Value) throws -> Value {
        try apply(Binary(.minimum), a, b)
    }

    /// `x` times a number.
    package mutating func scale(_ x: Value, by factor: Float) throws -> Value {
        try multiply(x, constant(factor))
    }
}
