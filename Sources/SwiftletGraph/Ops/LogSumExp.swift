internal import CKernels
internal import SwiftletTensor

/// `log Σ e^x` along the last axis, which goes, without overflow.
package struct LogSumExp: Op {
    package init() {}

    package var name: String { "logsumexp" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32, let last = inputs[0].shape.last, last > 0 else {
            throw refusal("float32 with something to reduce expected, \(inputs[0]) found")
        }
        return [TensorType(try Shape(Array(inputs[0].shape.dropLast())))]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.inputs[0].rank > 1 ? self : nil }

    package func evaluate(_ call: OpCall) {
        let count = call.inputTypes[0].shape.last ?? 1
        let (x, y) = (call.floats(0), call.outputFloats())
        let rows = call.outputTypes[0].elementCount
        call.workers.forEach(count: rows, grain: max(1, (1 << 13) / count)) {
            sl_log_sum_exp(x + $0.lowerBound * count, y + $0.lowerBound, $0.count, count)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0] else { return [nil] }
        let wide = try Shape(node.types[0].shape.dimensions + [1])
        let softmax = try graph.softmax(node.inputs[0])
        return [try graph.multiply(softmax, graph.reshape(dy, to: wide))]
    }
}

extension Graph {
    /// `log Σ e^x` over `axes`.
    package mutating func logSumExp(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value {
        let shape = self.shape(of: x)
        let normalized = axes.compactMap { shape.normalizedAxis($0) }
        guard normalized.count == axes.count, Set(normalized).count == axes.count else {
            throw LogSumExp().refusal("axes \(axes) are not those of \(shape)")
        }
        let kept = shape.indices.filter { !normalized.contains($0) }
        let reduced = normalized.sorted()
        let moved = try transpose(x, permutation: kept + reduced)
        let rows = kept.map { shape[$0] } + [reduced.reduce(1) { $0 * shape[$1] }]
        let y = try apply(LogSumExp(), reshape(moved, to: rows))
        guard keepsDimensions else { return y }
        return try reshape(y, to: shape.indices.map { reduced.contains($0) ? 1 : shape[$0] })
    }
}
