internal import SwiftletTensor

/// The elements in the opposite order along some axes.
package struct Reverse: Op {
    package let axes: [Int]

    package var name: String { "reverse" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectNumbers(inputs)
        let normalized = try axes.map { try self.normalized($0, inputs[0]) }
        guard Set(normalized).count == axes.count else { throw refusal("axes \(axes) repeat") }
        return [inputs[0]]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        axes.contains(0) || axes.contains(-rows.inputs[0].rank) ? nil : self
    }

    package func evaluate(_ call: OpCall) {
        let type = call.inputTypes[0]
        let shape = type.shape
        guard shape.elementCount > 0 else { return }
        func isReversed(_ axis: Int) -> Bool {
            axes.contains(axis) || axes.contains(axis - shape.rank)
        }
        let offset = shape.indices.reduce(0) {
            $0 + (isReversed($1) ? (shape[$1] - 1) * shape.step($1) : 0)
        }
        Movement(rank: shape.rank) { axis in
            let step = shape.step(axis)
            return (shape[axis], isReversed(axis) ? -step : step, step)
        }
        .run(
            from: call.input(0) + offset * type.dtype.size, to: call.output(),
            elementSize: type.dtype.size, workers: call.workers)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        return [try graph.apply(self, gradient)]
    }
}

extension Graph {
    /// - Parameter axes: negative ones count from the end.
    package mutating func reverse(_ x: Value, axes: [Int]) throws -> Value {
        axes.isEmpty ? x : try apply(Reverse(axes: axes), x)
    }
}
