internal import CKernels
internal import SwiftletTensor

/// `condition ? a : b`, element by element under broadcasting; the condition is bool.
package struct Select: Op {
    package init() {}

    package var name: String { "select" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 3...3)
        guard inputs[0].dtype == .bool else {
            throw refusal("bool condition expected, \(inputs[0].dtype) found")
        }
        guard inputs[1].dtype == inputs[2].dtype, inputs[1].dtype != .string else {
            throw refusal("\(inputs[1].dtype) and \(inputs[2].dtype) cannot be mixed")
        }
        return [TensorType(try broadcastShape(of: inputs), inputs[1].dtype)]
    }

    // As for ``Binary``; the condition has another size unless all are bytes.
    package func canOverwrite(input: Int) -> Bool { input > 0 }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isBroadcast ? self : nil }

    package func evaluate(_ call: OpCall) {
        let condition = call.input(0, as: UInt8.self)
        let size = call.outputTypes[0].dtype.size
        forEachBroadcastRange(call) { walk, range in
            sl_select_apply(
                size, walk, condition, call.input(1), call.input(2), call.output(),
                range.lowerBound, range.upperBound)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0], node.types[0].dtype == .float32 else {
            return [nil, nil, nil]
        }
        let zero = try graph.constant(0)
        let da = try graph.select(node.inputs[0], dy, zero)
        let db = try graph.select(node.inputs[0], zero, dy)
        return [
            nil,
            try graph.unbroadcast(da, to: graph.shape(of: node.inputs[1])),
            try graph.unbroadcast(db, to: graph.shape(of: node.inputs[2])),
        ]
    }
}

extension Graph {
    package mutating func select(_ condition: Value, _ a: Value, _ b: Value) throws -> Value {
        try apply(Select(), condition, a, b)
    }
}
