internal import CKernels
internal import SwiftletTensor

/// A question about two numbers.
package enum Comparison: String, Sendable, Hashable, CaseIterable {
    case equal
    case notEqual = "not_equal"
    case less
    case lessOrEqual = "less_equal"
    case greater
    case greaterOrEqual = "greater_equal"
}

/// Whether `a` and `b` stand in a relation, number by number under broadcasting; the result is bool.
package struct Compare: Op {
    package let comparison: Comparison

    package init(_ comparison: Comparison) { self.comparison = comparison }

    package var name: String { comparison.rawValue }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        guard inputs[0].dtype == inputs[1].dtype, inputs[0].dtype.kernelType != nil else {
            throw refusal("\(inputs[0].dtype) and \(inputs[1].dtype) cannot be compared")
        }
        return [TensorType(try broadcastShape(of: inputs), .bool)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isBroadcast ? self : nil }

    package func evaluate(_ call: OpCall) {
        guard let type = call.inputTypes[0].dtype.kernelType else { return }
        let y = call.output(0, as: UInt8.self)
        forEachBroadcastRange(call) { walk, range in
            sl_compare_apply(
                comparison.code, type, walk, call.input(0), call.input(1), y, range.lowerBound,
                range.upperBound)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil, nil] }
}

extension Comparison {
    fileprivate var code: sl_compare {
        switch self {
        case .equal: SL_COMPARE_EQUAL
        case .notEqual: SL_COMPARE_NOT_EQUAL
        case .less: SL_COMPARE_LESS
        case .lessOrEqual: SL_COMPARE_LESS_EQUAL
        case .greater: SL_COMPARE_GREATER
        case .greaterOrEqual: SL_COMPARE_GREATER_EQUAL
        }
    }
}

extension Graph {
    package mutating func compare(
        _ comparison: Comparison, _ a: Value, _ b: Value
    ) throws -> Value {
        try apply(Compare(comparison), a, b)
    }
}
