internal import CKernels
internal import SwiftletTensor

/// A function of two truth values; see ``Graph/logicalNot(_:)`` for the one of one.
package struct Logical: Op {
    package enum Function: String, Sendable, Hashable, CaseIterable {
        case and = "logical_and"
        case or = "logical_or"
        case xor = "logical_xor"
    }

    package let function: Function

    package init(_ function: Function) { self.function = function }

    package var name: String { function.rawValue }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        guard inputs.allSatisfy({ $0.dtype == .bool }) else {
            throw refusal("bool expected, \(inputs[0].dtype) and \(inputs[1].dtype) found")
        }
        return [TensorType(try broadcastShape(of: inputs), .bool)]
    }

    package func canOverwrite(input: Int) -> Bool { true }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isBroadcast ? self : nil }

    package func evaluate(_ call: OpCall) {
        let a = call.input(0, as: UInt8.self)
        let b = call.input(1, as: UInt8.self)
        let y = call.output(0, as: UInt8.self)
        let code =
            switch function {
            case .and: SL_LOGICAL_AND
            case .or: SL_LOGICAL_OR
            case .xor: SL_LOGICAL_XOR
            }
        forEachBroadcastRange(call) { walk, range in
            sl_logical_apply(code, walk, a, b, y, range.lowerBound, range.upperBound)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil, nil] }
}

extension Graph {
    package mutating func logicalAnd(_ a: Value, _ b: Value) throws -> Value {
        try apply(Logical(.and), a, b)
    }

    package mutating func logicalOr(_ a: Value, _ b: Value) throws -> Value {
        try apply(Logical(.or), a, b)
    }

    package mutating func logicalXor(_ a: Value, _ b: Value) throws -> Value {
        try apply(Logical(.xor), a, b)
    }

    package mutating func logicalNot(_ x: Value) throws -> Value {
        try logicalXor(x, constant(Tensor(scalar: true)))
    }
}
