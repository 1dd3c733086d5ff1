internal import CKernels
internal import SwiftletTensor

/// A function of two whole numbers, bit by bit or by their divisors.
package enum IntegerFunction: String, Sendable, Hashable, CaseIterable {
    case bitwiseAnd = "bitwise_and"
    case bitwiseOr = "bitwise_or"
    case bitwiseXor = "bitwise_xor"
    /// Bits moved towards higher places; by the type's width or more, nothing is left.
    case leftShift = "left_shift"
    /// Bits moved towards lower places, the sign kept.
    case rightShift = "right_shift"
    case greatestCommonDivisor = "gcd"
}

/// `y = f(a, b)`, number by number under NumPy's broadcasting rules; int32, int64 or uint8.
package struct IntegerBinary: Op {
    package let function: IntegerFunction

    package init(_ function: IntegerFunction) { self.function = function }

    package var name: String { function.rawValue }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        let dtype = inputs[0].dtype
        guard dtype == inputs[1].dtype, dtype.isInteger, dtype.kernelType != nil else {
            throw refusal("\(dtype) and \(inputs[1].dtype) cannot be combined")
        }
        return [TensorType(try broadcastShape(of: inputs), dtype)]
    }

    // As for ``Binary``.
    package func canOverwrite(input: Int) -> Bool { true }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isBroadcast ? self : nil }

    package func evaluate(_ call: OpCall) {
        guard let type = call.outputTypes[0].dtype.kernelType else { return }
        forEachBroadcastRange(call) { walk, range in
            sl_integers_apply(
                function.code, type, walk, call.input(0), call.input(1), call.output(),
                range.lowerBound, range.upperBound)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil, nil] }
}

extension IntegerFunction {
    fileprivate var code: sl_integers {
        switch self {
        case .bitwiseAnd: SL_BITWISE_AND
        case .bitwiseOr: SL_BITWISE_OR
        case .bitwiseXor: SL_BITWISE_XOR
        case .leftShift: SL_LEFT_SHIFT
        case .rightShift: SL_RIGHT_SHIFT
        case .greatestCommonDivisor: SL_GCD
        }
    }
}
