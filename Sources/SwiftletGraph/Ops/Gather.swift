internal import CKernels
package import SwiftletTensor

/// `y[…, i…, …] = x[…, indices[i…], …]`: slices of operand 0 along an axis, chosen by operand 1.
///
/// The shape of the indices takes the place of the axis. Negative indices count from the end.
package struct Gather: Op {
    /// From 0.
    package let axis: Int

    package var name: String { "gather" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        try expectNumbers(inputs)
        try expectIndices(inputs[1])
        let table = inputs[0].shape
        guard table.indices.contains(axis) else {
            throw refusal("axis \(axis) is outside shape \(table)")
        }
        let outer = table.dimensions[..<axis]
        let dimensions = outer + inputs[1].shape.dimensions + table.dimensions[(axis + 1)...]
        return [TensorType(try Shape(Array(dimensions)), inputs[0].dtype)]
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        inputs[1].elementCount * MemoryLayout<Int64>.stride
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        rows.hasRows == (axis == 0 ? [false, true] : [true, false]) ? self : nil
    }

    package func evaluate(_ call: OpCall) throws {
        let table = call.inputTypes[0]
        var gather = sl_gather()
        gather.rows = table.shape[axis]
        gather.count = call.inputTypes[1].elementCount
        gather.indices = try call.rowIndices(1, rows: gather.rows, op: self)
        let rowBytes = table.shape.step(axis) * table.dtype.size
        let rows = call.outputTypes[0].byteCount / max(1, rowBytes)
        call.workers.forEach(count: rows, grain: max(1, (1 << 16) / max(1, rowBytes))) {
            [gather] range in
            withUnsafePointer(to: gather) {
                sl_gather_run(
                    $0, rowBytes, call.input(0), call.output(), range.lowerBound, range.upperBound)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil, nil] }
        let op = GatherGradient(axis: axis, shape: graph.shape(of: node.inputs[0]))
        return [try graph.apply(op, gradient, node.inputs[1]), nil]
    }
}

/// Adds the slices of operand 0 to zeros at the places that operand 1 names.
///
/// Slices for the same place are added in the order of the indices, whatever the number of threads.
package struct GatherGradient: Op {
    package let axis: Int
    /// Of the result: what was gathered from.
    package let shape: Shape

    package init(axis: Int, shape: Shape) {
        self.axis = axis
        self.shape = shape
    }

    package var name: String { "gather_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        let result = TensorType(shape)
        let gathered = try Gather(axis: axis).outputTypes(for: [result, inputs[1]])[0]
        guard gathered == inputs[0] else {
            throw refusal("\(gathered) expected, \(inputs[0]) found")
        }
        return [result]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        guard axis > 0, rows.hasRows == [true, false] else { return nil }
        return rows.type(of: rows.outputs[0]).map { GatherGradient(axis: axis, shape: $0.shape) }
    }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        axis == 0 && rows.isOfAll
            ? RankShare(self, of: rows.hasRows, [.addend]) : rows.share(of: self)
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        inputs[1].elementCount * MemoryLayout<Int64>.stride
    }

    package func evaluate(_ call: OpCall) throws {
        call.clear(output: 0)
        var gather = sl_gather()
        gather.rows = shape[axis]
        gather.count = call.inputTypes[1].elementCount
        gather.indices = try call.rowIndices(1, rows: gather.rows, op: self)
        let row = shape.step(axis)
        let outer = shape.count(of: ..<axis)
        // Every part goes through all slices in order, over columns of its own.
        call.workers.forEach(count: row, grain: 64) { [gather] columns in
            withUnsafePointer(to: gather) {
                sl_scatter_add(
                    $0, outer, row, call.floats(0), call.outputFloats(), columns.lowerBound,
                    columns.upperBound)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil, nil] }
        return [try graph.apply(Gather(axis: axis), gradient, node.inputs[1]), nil]
    }
}

extension OpCall {
    /// Operand `position` as indices from 0 into `rows`, in scratch memory.
    fileprivate func rowIndices(
        _ position: Int, rows: Int, op: some Op
    ) throws -> UnsafePointer<Int64> {
        let count = inputTypes[position].elementCount
        let rows = Int64(rows)
        let indices = scratch.bindMemory(to: Int64.self, capacity: count)
        try readIndices(position, into: indices, domain: -rows..<rows, op: op)
        for place in 0..<count where indices[place] < 0 { indices[place] += rows }
        return UnsafePointer(indices)
    }
}

extension Graph {
    /// - Parameters:
    ///   - indices: integers, or floats that are truncated; negative ones count from the end. Any
    ///     outside the axis is a ``GraphError/evaluation(op:cause:)`` at run time.
    ///   - axis: of `table`; negative ones count from the end.
    package mutating func gather(_ table: Value, _ indices: Value, axis: Int = 0) throws -> Value {
        let normalized = shape(of: table).normalizedAxis(axis) ?? axis
        return try apply(Gather(axis: normalized), table, indices)
    }
}
