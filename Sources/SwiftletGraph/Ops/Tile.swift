internal import SwiftletTensor

/// The operand put beside itself `repeats[k]` times along each axis `k`.
package struct Tile: Op {
    package let repeats: [Int]

    package var name: String { "tile" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectNumbers(inputs)
        let source = inputs[0].shape
        guard repeats.count == source.rank, repeats.allSatisfy({ $0 >= 0 }) else {
            throw refusal("\(source) cannot be repeated \(repeats) times")
        }
        let extents = try zip(source, repeats).map { extent, count in
            let (product, overflow) = extent.multipliedReportingOverflow(by: count)
            guard !overflow else { throw refusal("\(source) repeated \(repeats) times") }
            return product
        }
        return [TensorType(try Shape(extents), inputs[0].dtype)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { repeats[0] == 1 ? self : nil }

    package func evaluate(_ call: OpCall) {
        let source = call.inputTypes[0]
        let target = call.outputTypes[0].shape
        // Every axis as two: the copies, which step over the operand's extent, and its own elements.
        Movement(rank: 2 * target.rank) { index in
            let axis = index / 2
            let step = target.step(axis)
            return index % 2 == 0
                ? (repeats[axis], 0, source.shape[axis] * step)
                : (source.shape[axis], source.shape.step(axis), step)
        }
        .run(
            from: call.input(0), to: call.output(), elementSize: source.dtype.size,
            workers: call.workers)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        let source = graph.shape(of: node.inputs[0])
        let split = zip(repeats, source).flatMap { [$0, $1] }
        let copies = try graph.reshape(gradient, to: split)
        return [try graph.sum(copies, axes: source.indices.map { 2 * $0 })]
    }
}

extension Graph {
    /// - Parameter repeats: one count per axis.
    package mutating func tile(_ x: Value, repeats: [Int]) throws -> Value {
        let op = Tile(repeats: repeats)
        return try op.outputTypes(for: [self[x]])[0] == self[x] ? x : apply(op, x)
    }

    /// Every element along `axis` repeated `count` times in place: `1 2` becomes `1 1 2 2`.
    ///
    /// - Parameter axis: negative ones count from the end.
    package mutating func repeated(_ x: Value, _ count: Int, axis: Int) throws -> Value {
        let shape = shape(of: x)
        guard let axis = shape.normalizedAxis(axis) else {
            throw GraphError.operands(op: "repeat", cause: "axis \(axis) is outside shape \(shape)")
        }
        guard count >= 0, !shape[axis].multipliedReportingOverflow(by: count).overflow else {
            throw GraphError.operands(op: "repeat", cause: "\(shape) repeated \(count) times")
        }
        var split = shape.dimensions
        split.insert(1, at: axis + 1)
        var repeats = split.map { _ in 1 }
        repeats[axis + 1] = count
        let copies = try tile(reshape(x, to: split), repeats: repeats)
        return try reshape(copies, to: shape.replacing(axis: axis, with: shape[axis] * count))
    }
}
