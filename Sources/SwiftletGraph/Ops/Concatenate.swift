internal import SwiftletTensor

/// The operands one after the other along an axis.
package struct Concatenate: Op {
    /// From 0.
    package let axis: Int

    package var name: String { "concatenate" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        guard let first = inputs.first else { throw refusal("no operands") }
        try expectNumbers(inputs)
        guard first.shape.indices.contains(axis) else {
            throw refusal("axis \(axis) is outside shape \(first.shape)")
        }
        var extent = 0
        for input in inputs {
            var dimensions = input.shape.dimensions
            if dimensions.count == first.rank { dimensions[axis] = first.shape[axis] }
            guard dimensions == first.shape.dimensions, input.dtype == first.dtype else {
                throw refusal("\(first) and \(input) cannot be joined along axis \(axis)")
            }
            let (sum, overflow) = extent.addingReportingOverflow(input.shape[axis])
            guard !overflow else { throw TensorError.tooLarge(dimensions) }
            extent = sum
        }
        return [TensorType(try first.shape.replacing(axis: axis, with: extent), first.dtype)]
    }

    package func isLinear(in addends: [Bool]) -> Bool { !addends.contains(false) }

    package func sliced(_ rows: RowSlice) -> (any Op)? { axis != 0 && rows.isOfAll ? self : nil }

    package func evaluate(_ call: OpCall) {
        let target = call.outputTypes[0]
        let step = target.shape.step(axis)
        var start = 0
        for (position, input) in call.inputTypes.enumerated() {
            let shape = input.shape
            Movement(rank: shape.rank) { (shape[$0], shape.step($0), target.shape.step($0)) }
                .run(
                    from: call.input(position),
                    to: call.output() + start * step * target.dtype.size,
                    elementSize: target.dtype.size, workers: call.workers)
            start += shape[axis]
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0] else { return node.inputs.map { _ in nil } }
        var start = 0
        return try node.inputs.map { input in
            let extent = graph.shape(of: input)[axis]
            defer { start += extent }
            return try graph.slice(gradient, axis: axis, start..<start + extent)
        }
    }
}

extension Graph {
    /// - Parameter axis: negative ones count from the end.
    package mutating func concatenate(_ values: [Value], axis: Int) throws -> Value {
        guard let first = values.first else { return try append(Concatenate(axis: axis), [])[0] }
        let normalized = shape(of: first).normalizedAxis(axis) ?? axis
        let result = try append(Concatenate(axis: normalized), values)[0]
        return values.count == 1 ? first : result
    }

    /// Values of equal shape along a new axis.
    ///
    /// - Parameter axis: of the result; negative ones count from its end.
    package mutating func stack(_ values: [Value], axis: Int) throws -> Value {
        let parts = try values.map { value in
            let dimensions = shape(of: value).dimensions
            let position = axis < 0 ? axis + dimensions.count + 1 : axis
            guard (0...dimensions.count).contains(position) else {
                throw GraphError.operands(
                    op: "stack", cause: "axis \(axis) is outside shape \(dimensions)")
            }
            return try reshape(
                value, to: Array(dimensions[..<position] + [1] + dimensions[position...]))
        }
        return try concatenate(parts, axis: axis)
    }
}
