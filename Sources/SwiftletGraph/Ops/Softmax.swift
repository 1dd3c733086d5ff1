internal import CKernels
internal import SwiftletTensor

/// `y = e^(x − max x) / Σ e^(x − max x)` along the last axis, or the logarithm of that.
package struct Softmax: Op {
    package let isLogarithmic: Bool

    package init(isLogarithmic: Bool = false) { self.isLogarithmic = isLogarithmic }

    package var name: String { isLogarithmic ? "log_softmax" : "softmax" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32, inputs[0].rank > 0 else {
            throw refusal("float32 of rank 1 or more expected, \(inputs[0]) found")
        }
        return [inputs[0]]
    }

    package func canOverwrite(input: Int) -> Bool { true }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.inputs[0].rank > 1 ? self : nil }

    package func evaluate(_ call: OpCall) {
        let (x, y) = (call.floats(0), call.outputFloats())
        call.forEachRow { start, rows, count in
            if isLogarithmic {
                sl_log_softmax(x + start, y + start, rows, count)
            } else {
                sl_softmax(x + start, y + start, rows, count)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0] else { return [nil] }
        let op = SoftmaxGradient(isLogarithmic: isLogarithmic)
        return [try graph.apply(op, node.output(), dy)]
    }
}

/// `dx = y ⊙ (dy − Σ dy ⊙ y)`, or of the logarithm `dx = dy − e^y Σ dy`, from y and dy.
package struct SoftmaxGradient: Op {
    package let isLogarithmic: Bool

    package var name: String { isLogarithmic ? "log_softmax_gradient" : "softmax_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        guard inputs[0] == inputs[1], inputs[0].dtype == .float32, inputs[0].rank > 0 else {
            throw refusal("operands differ: \(inputs[0]) and \(inputs[1])")
        }
        return [inputs[0]]
    }

    package func canOverwrite(input: Int) -> Bool { true }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        rows.isOfAll && rows.inputs[0].rank > 1 ? self : nil
    }

    package func evaluate(_ call: OpCall) {
        let (y, dy, dx) = (call.floats(0), call.floats(1), call.outputFloats())
        call.forEachRow { start, rows, count in
            if isLogarithmic {
                sl_log_softmax_gradient(y + start, dy + start, dx + start, rows, count)
            } else {
                sl_softmax_gradient(y + start, dy + start, dx + start, rows, count)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let outer = outputGradients[0] else { return [nil, nil] }
        let (y, dy) = (node.inputs[0], node.inputs[1])
        if isLogarithmic {
            let p = try graph.exp(y)
            let total = try graph.sum(dy, axes: [-1], keepsDimensions: true)
            let dot = try graph.sum(graph.multiply(outer, p), axes: [-1], keepsDimensions: true)
            return [
                try graph.negate(graph.multiply(graph.multiply(outer, p), total)),
                try graph.subtract(outer, dot),
            ]
        }
        let dot = try graph.sum(graph.multiply(dy, y), axes: [-1], keepsDimensions: true)
        let weight = try graph.sum(graph.multiply(outer, y), axes: [-1], keepsDimensions: true)
        return [
            try graph.subtract(
                graph.multiply(outer, graph.subtract(dy, dot)), graph.multiply(dy, weight)),
            try graph.multiply(y, graph.subtract(outer, weight)),
        ]
    }
}

extension OpCall {
    /// Calls `body` with the first element, the number of rows and their length, some rows of the
    /// output's last axis at a time.
    func forEachRow(_ body: (_ start: Int, _ rows: Int, _ count: Int) -> Void) {
        let count = outputTypes[0].shape.last ?? 1
        let rows = outputTypes[0].elementCount / max(count, 1)
        workers.forEach(count: rows, grain: max(1, (1 << 14) / max(count, 1))) {
            body($0.lowerBound * count, $0.count, count)
        }
    }
}

extension Graph {
    package mutating func softmax(_ x: Value, axis: Int = -1) throws -> Value {
        try apply(Softmax(), along: axis, of: x)
    }

    package mutating func logSoftmax(_ x: Value, axis: Int = -1) throws -> Value {
        try apply(Softmax(isLogarithmic: true), along: axis, of: x)
    }

    private mutating func apply(_ op: Softmax, along axis: Int, of x: Value) throws -> Value {
        let shape = self.shape(of: x)
        guard let axis = shape.normalizedAxis(axis) else {
            throw op.refusal("axis \(axis) is not one of \(shape)")
        }
        var exchange = Array(shape.indices)
        exchange.swapAt(axis, shape.rank - 1)
        let y = try apply(op, transpose(x, permutation: exchange))
        return try transpose(y, permutation: exchange)
    }
}
