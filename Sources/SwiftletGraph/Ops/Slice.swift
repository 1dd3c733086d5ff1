package import SwiftletTensor

/// Every `strides[k]`-th element from `starts[k]` on, before `limits[k]`, along each axis `k`.
///
/// A negative stride goes backwards: from `starts[k]` down to, but not including, `limits[k]`, which
/// is −1 to include element 0. Starts and limits count from the axis's first element; they do not
/// wrap as NumPy's do.
package struct Slice: Op {
    package let starts: [Int]
    package let limits: [Int]
    package let strides: [Int]

    package var name: String { "slice" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectNumbers(inputs)
        return [TensorType(try shape(of: inputs[0].shape), inputs[0].dtype)]
    }

    private func shape(of source: Shape) throws -> Shape {
        guard [starts.count, limits.count, strides.count].allSatisfy({ $0 == source.rank }) else {
            throw refusal("\(starts.count) bounds for shape \(source)")
        }
        return try Shape(
            source.indices.map { axis in
                let (start, limit, stride) = (starts[axis], limits[axis], strides[axis])
                guard stride != 0, stride != .min else { throw refusal("stride \(stride)") }
                let fits =
                    stride > 0
                    ? start >= 0 && limit <= source[axis] : start < source[axis] && limit >= -1
                let distance =
                    stride > 0
                    ? limit.subtractingReportingOverflow(start)
                    : start.subtractingReportingOverflow(limit)
                guard !distance.overflow else { throw refusal("\(start)..<\(limit)") }
                if distance.partialValue <= 0 { return 0 }
                guard fits else {
                    let bounds = stride > 0 ? "\(start)..<\(limit)" : "\(start) down to \(limit)"
                    throw refusal("\(bounds) exceeds axis \(axis) of \(source)")
                }
                return 1 + (distance.partialValue - 1) / abs(stride)
            })
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        guard starts[0] == 0, limits[0] == rows.inputs[0].shape[0], strides[0] == 1,
            let extent = rows.type(of: rows.inputs[0])?.shape[0]
        else { return nil }
        return Slice(starts: starts, limits: [extent] + limits.dropFirst(), strides: strides)
    }

    package func evaluate(_ call: OpCall) {
        guard call.outputTypes[0].elementCount > 0 else { return }
        let source = call.inputTypes[0]
        let target = call.outputTypes[0].shape
        Movement(rank: target.rank) { axis in
            (target[axis], step(axis, in: source.shape), target.step(axis))
        }
        .run(
            from: call.input(0) + offset(in: source), to: call.output(),
            elementSize: source.dtype.size, workers: call.workers)
    }

    /// Elements from one that is taken to the next. The product wraps only where one alone is taken,
    /// so that no step is made.
    func step(_ axis: Int, in source: Shape) -> Int { source.step(axis) &* strides[axis] }

    /// Bytes before the first element taken.
    func offset(in source: TensorType) -> Int {
        source.shape.indices.reduce(0) { $0 + starts[$1] * source.shape.step($1) }
            * source.dtype.size
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        let op = SliceGradient(slice: self, shape: graph.shape(of: node.inputs[0]))
        return [try graph.apply(op, gradient)]
    }
}

/// What ``Slice`` took, at its place among zeros.
package struct SliceGradient: Op {
    package let slice: Slice
    /// Of the result: what the slice was taken from.
    package let shape: Shape

    package var name: String { "slice_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let result = TensorType(shape, inputs[0].dtype)
        let taken = try slice.outputTypes(for: [result])[0]
        guard taken == inputs[0] else { throw refusal("\(taken) expected, \(inputs[0]) found") }
        return [result]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        let whole = RowSlice(
            total: rows.total, count: rows.count, inputs: rows.outputs, outputs: rows.inputs,
            hasRows: rows.hasRows)
        guard let slice = slice.sliced(whole) as? Slice else { return nil }
        return rows.type(of: rows.outputs[0]).map { SliceGradient(slice: slice, shape: $0.shape) }
    }

    package func evaluate(_ call: OpCall) {
        let target = call.outputTypes[0]
        let source = call.inputTypes[0].shape
        call.clear(output: 0)
        guard source.elementCount > 0 else { return }
        Movement(rank: source.rank) { axis in
            (source[axis], source.step(axis), slice.step(axis, in: target.shape))
        }
        .run(
            from: call.input(0), to: call.output() + slice.offset(in: target),
            elementSize: target.dtype.size, workers: call.workers)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        return [try graph.apply(slice, gradient)]
    }
}

extension Graph {
    /// - Parameters:
    ///   - starts: the first index taken along each axis.
    ///   - limits: the index before which to stop, or after which if the stride is negative (−1 to
    ///     include the first element).
    ///   - strides: steps along each axis; ones by default.
    package mutating func slice(
        _ x: Value, starts: [Int], limits: [Int], strides: [Int]? = nil
    ) throws -> Value {
        let slice = Slice(
            starts: starts, limits: limits, strides: strides ?? starts.map { _ in 1 })
        let isWhole =
            starts.allSatisfy { $0 == 0 } && limits == shape(of: x).dimensions
            && slice.strides == starts.map { _ in 1 }
        return isWhole ? x : try apply(slice, x)
    }

    /// Indices `range` of one axis, all of the others.
    ///
    /// - Parameter axis: may count from the end.
    package mutating func slice(_ x: Value, axis: Int, _ range: Range<Int>) throws -> Value {
        let shape = shape(of: x)
        var starts = shape.map { _ in 0 }
        var limits = shape.dimensions
        guard let axis = shape.normalizedAxis(axis) else {
            throw GraphError.operands(op: "slice", cause: "axis \(axis) is outside shape \(shape)")
        }
        (starts[axis], limits[axis]) = (range.lowerBound, range.upperBound)
        return try slice(x, starts: starts, limits: limits)
    }
}
