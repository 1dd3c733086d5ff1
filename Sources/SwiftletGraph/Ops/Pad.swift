package import SwiftletTensor

/// What stands around the operand in the result of ``Graph/pad(_:before:after:mode:)``.
package enum PadMode: Sendable, Hashable {
    /// The same number everywhere.
    case constant(Float)
    /// The operand mirrored at its edge elements, which are not repeated: `3 2 [1 2 3] 2 1`.
    case reflect
    /// The operand mirrored behind its edge elements: `2 1 [1 2 3] 3 2`.
    case symmetric
}

/// The operand with a margin of one number around it.
package struct Pad: Op {
    /// Elements added before and after, per axis.
    package let before: [Int]
    package let after: [Int]
    /// In the operand's element type.
    package let value: Tensor

    package init(before: [Int], after: [Int], value: Tensor) {
        self.before = before
        self.after = after
        self.value = value
    }

    package var name: String { "pad" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectNumbers(inputs)
        let source = inputs[0].shape
        guard before.count == source.rank, after.count == source.rank else {
            throw refusal("\(before.count) margins for shape \(source)")
        }
        guard value.elementCount == 1, value.dtype == inputs[0].dtype else {
            throw refusal("\(value.dtype) around \(inputs[0])")
        }
        let extents = try source.indices.map { axis in
            guard before[axis] >= 0, after[axis] >= 0 else {
                throw refusal("negative margin (\(before[axis]), \(after[axis]))")
            }
            let (margin, overflow) = before[axis].addingReportingOverflow(after[axis])
            let (extent, tooLarge) = margin.addingReportingOverflow(source[axis])
            guard !overflow, !tooLarge else { throw refusal("margins \(before), \(after)") }
            return extent
        }
        return [TensorType(try Shape(extents), inputs[0].dtype)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        before[0] == 0 && after[0] == 0 ? self : nil
    }

    package func evaluate(_ call: OpCall) {
        let source = call.inputTypes[0]
        let target = call.outputTypes[0].shape
        value.withUnsafeBytes { value in
            guard let value = value.baseAddress else { return }
            Movement(rank: 1) { _ in (target.elementCount, 0, 1) }
                .run(
                    from: value, to: call.output(), elementSize: source.dtype.size,
                    workers: call.workers)
        }
        let offset = target.indices.reduce(0) { $0 + before[$1] * target.step($1) }
        Movement(rank: target.rank) { (source.shape[$0], source.shape.step($0), target.step($0)) }
            .run(
                from: call.input(0), to: call.output() + offset * source.dtype.size,
                elementSize: source.dtype.size, workers: call.workers)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return [nil] }
        let limits = zip(before, graph.shape(of: node.inputs[0])).map { $0 + $1 }
        return [try graph.slice(gradient, starts: before, limits: limits)]
    }
}

extension Graph {
    /// Adds a margin along each axis.
    ///
    /// - Throws: ``GraphError/operands(op:cause:)`` if a margin is negative, or mirrored and wider
    ///   than what there is to mirror.
    package mutating func pad(
        _ x: Value, before: [Int], after: [Int], mode: PadMode = .constant(0)
    ) throws -> Value {
        let number: Float = if case .constant(let number) = mode { number } else { 0 }
        let value = try Tensor(scalar: number).converted(to: self[x].dtype)
        let op = Pad(before: before, after: after, value: value)
        let types = try op.outputTypes(for: [self[x]])
        if types[0] == self[x] { return x }
        if case .constant = mode { return try apply(op, x) }
        var result = x
        for (axis, extent) in shape(of: x).enumerated() where before[axis] + after[axis] > 0 {
            let order = try Self.mirrored(extent, before[axis], after[axis], mode)
            result = try gather(result, constant(Tensor(order)), axis: axis)
        }
        return result
    }

    /// The elements of an axis in the order in which they stand after mirroring.
    private static func mirrored(
        _ extent: Int, _ before: Int, _ after: Int, _ mode: PadMode
    ) throws -> [Int64] {
        let gap = mode == .reflect ? 1 : 0
        guard Swift.max(before, after) <= extent - gap else {
            throw GraphError.operands(
                op: "pad",
                cause:
                    "(\(before), \(after)) exceeds the \(Swift.max(0, extent - gap)) elements to mirror"
            )
        }
        let left = (0..<before).reversed().map { Int64($0 + gap) }
        let right = (0..<after).map { Int64(extent - 1 - gap - $0) }
        return left + (0..<Int64(extent)) + right
    }
}
