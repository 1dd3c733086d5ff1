internal import CKernels
package import SwiftletTensor

/// The first numbers along the last axis in order, and their indices as int32: `[…, n]` →
/// two of `[…, taken]`.
///
/// Equal numbers keep their order; NaN counts as greater than any number.
package struct Sort: Op {
    /// How many to take; nil for all.
    package let taken: Int?
    package let isDescending: Bool

    package var name: String { taken == nil ? "sort" : "top_k" }

    /// Groups of lines that have scratch memory of their own.
    private static let parts = 16

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard let count = inputs[0].shape.last, count <= Int(Int32.max) else {
            throw refusal("\(inputs[0].shape) cannot be sorted")
        }
        guard inputs[0].dtype == .float32 || inputs[0].dtype == .int32 else {
            throw refusal("float32 or int32 expected, \(inputs[0].dtype) found")
        }
        let taken = taken ?? count
        guard (0...count).contains(taken) else { throw refusal("\(taken) of \(count)") }
        let shape = try inputs[0].shape.replacing(axis: inputs[0].rank - 1, with: taken)
        return [TensorType(shape, inputs[0].dtype), TensorType(shape, .int32)]
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        Self.parts * 2 * (inputs[0].shape.last ?? 0) * MemoryLayout<UInt64>.stride
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.inputs[0].rank > 1 ? self : nil }

    package func evaluate(_ call: OpCall) {
        let sort = plan(call.inputTypes[0].shape, call.outputTypes[0].shape)
        guard sort.count > 0 else { return }
        let lines = call.inputTypes[0].elementCount / sort.count
        let scratch = call.scratch.assumingMemoryBound(to: UInt64.self)
        let places = call.output(1, as: Int32.self)
        call.workers.forEach(parts: Self.parts) { part in
            let scratch = scratch + part * 2 * sort.count
            for line in part * lines / Self.parts..<(part + 1) * lines / Self.parts {
                let (source, target) = (line * sort.count, line * sort.taken)
                switch call.inputTypes[0].dtype {
                case .int32:
                    sl_sort_int32(
                        sort, call.input(0, as: Int32.self) + source,
                        call.output(0, as: Int32.self) + target, places + target, scratch)
                default:
                    sl_sort_float(
                        sort, call.floats(0) + source, call.outputFloats() + target,
                        places + target, scratch)
                }
            }
        }
    }

    private func plan(_ source: Shape, _ target: Shape) -> sl_sort {
        sl_sort(count: source.last ?? 0, taken: target.last ?? 0, descending: isDescending)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0], node.types[0].dtype == .float32 else {
            return [nil]
        }
        let op = SortGradient(shape: graph.shape(of: node.inputs[0]))
        return [try graph.apply(op, gradient, node.output(1))]
    }
}

/// Derivatives put back to the places that ``Sort`` found: operand 0 at the indices of operand 1.
package struct SortGradient: Op {
    /// Of the result: what was sorted.
    package let shape: Shape

    package var name: String { "sort_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        guard let count = shape.last, let taken = inputs[0].shape.last, taken <= count,
            try inputs[0].shape.replacing(axis: inputs[0].rank - 1, with: count) == shape,
            inputs[0].dtype == .float32, inputs[1] == TensorType(inputs[0].shape, .int32)
        else { throw refusal("\(inputs[0]) and \(inputs[1]) for \(shape)") }
        return [TensorType(shape)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        guard rows.isOfAll, shape.rank > 1 else { return nil }
        return rows.type(of: rows.outputs[0]).map { SortGradient(shape: $0.shape) }
    }

    package func evaluate(_ call: OpCall) {
        let (count, taken) = (shape.last ?? 0, call.inputTypes[0].shape.last ?? 0)
        guard count > 0 else { return }
        let sort = sl_sort(count: count, taken: taken, descending: false)
        let grain = max(1, (1 << 14) / count)
        call.workers.forEach(count: shape.elementCount / count, grain: grain) { lines in
            for line in lines {
                sl_sort_gradient(
                    sort, call.floats(0) + line * taken,
                    call.input(1, as: Int32.self) + line * taken,
                    call.outputFloats() + line * count)
            }
        }
    }
}

extension Graph {
    /// - Parameter axis: negative ones count from the end.
    /// - Returns: the numbers in order, and where they stood, as int32.
    package mutating func sort(
        _ x: Value, axis: Int = -1, isDescending: Bool = false
    ) throws -> (values: Value, indices: Value) {
        let sort = Sort(taken: nil, isDescending: isDescending)
        let rank = shape(of: x).rank
        guard let axis = shape(of: x).normalizedAxis(axis) else {
            throw sort.refusal("axis \(axis) is outside shape \(shape(of: x))")
        }
        var exchange = Array(0..<rank)
        exchange.swapAt(axis, rank - 1)
        let results = try append(sort, [transpose(x, permutation: exchange)])
        return (
            try transpose(results[0], permutation: exchange),
            try transpose(results[1], permutation: exchange)
        )
    }

    /// The largest numbers along the last axis, in descending order, and their indices as int32.
    package mutating func topK(
        _ x: Value, _ count: Int
    ) throws -> (values: Value, indices: Value) {
        let results = try append(Sort(taken: count, isDescending: true), [x])
        return (results[0], results[1])
    }
}
