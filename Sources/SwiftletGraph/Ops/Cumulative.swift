internal import CKernels
internal import SwiftletTensor

/// The sums or products of all elements up to each one along an axis, of float32 or int32.
package struct Cumulative: Op {
    package enum Operation: Sendable, Hashable {
        case sum, product
    }

    package let operation: Operation
    /// From 0.
    package let axis: Int
    /// Whether an element itself does not count.
    package let isExclusive: Bool
    /// Whether to start from the axis's end.
    package let isReversed: Bool

    package init(operation: Operation, axis: Int, isExclusive: Bool, isReversed: Bool) {
        self.operation = operation
        self.axis = axis
        self.isExclusive = isExclusive
        self.isReversed = isReversed
    }

    package var name: String { "cumulative_\(operation)" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].shape.indices.contains(axis) else {
            throw refusal("axis \(axis) is outside shape \(inputs[0].shape)")
        }
        guard inputs[0].dtype == .float32 || inputs[0].dtype == .int32 else {
            throw refusal("float32 or int32 expected, \(inputs[0].dtype) found")
        }
        return [inputs[0]]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { axis != 0 ? self : nil }

    package func evaluate(_ call: OpCall) {
        let line = line(in: call.inputTypes[0].shape)
        let isProduct = operation == .product
        forEachLine(call) { first, columns in
            switch call.inputTypes[0].dtype {
            case .int32:
                sl_cumulative_int32(
                    line, isProduct, isExclusive, columns, call.input(0, as: Int32.self) + first,
                    call.output(as: Int32.self) + first)
            default:
                sl_cumulative(
                    line, isProduct, isExclusive, columns, call.floats(0) + first,
                    call.outputFloats() + first)
            }
        }
    }

    /// Calls `body` with the first element and the number of neighbouring lines, for all of them.
    fileprivate func forEachLine(_ call: OpCall, _ body: (Int, Int) -> Void) {
        let shape = call.inputTypes[0].shape
        guard shape.elementCount > 0 else { return }
        let columns = shape.step(axis)
        let width = 1024
        let groups = (columns + width - 1) / width
        let lines = shape.count(of: ..<axis) * groups
        let grain = max(1, (1 << 14) / (shape[axis] * min(columns, width)))
        // From the start of the walk: the last element if reversed.
        let start = isReversed ? (shape[axis] - 1) * columns : 0
        call.workers.forEach(count: lines, grain: grain) { range in
            for line in range {
                let column = line % groups * width
                let outer = line / groups * shape[axis] * columns
                body(outer + start + column, min(width, columns - column))
            }
        }
    }

    fileprivate func line(in shape: Shape) -> sl_line {
        let step = shape.step(axis)
        return sl_line(count: shape[axis], step: isReversed ? -step : step)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let gradient = outputGradients[0], graph[node.inputs[0]].dtype == .float32 else {
            return [nil]
        }
        switch operation {
        case .sum:
            let op = Cumulative(
                operation: .sum, axis: axis, isExclusive: isExclusive, isReversed: !isReversed)
            return [try graph.apply(op, gradient)]
        case .product:
            let op = CumulativeProductGradient(product: self)
            return [try graph.apply(op, node.inputs[0], gradient)]
        }
    }
}

/// `x̄ᵢ = Σₖ ȳₖ ∂yₖ/∂xᵢ` of cumulative products, without a division that zeros would spoil.
package struct CumulativeProductGradient: Op {
    package let product: Cumulative

    package var name: String { "cumulative_product_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        let type = try product.outputTypes(for: [inputs[0]])[0]
        guard type == inputs[1], type.dtype == .float32 else {
            throw refusal("operands differ: \(inputs[0]), \(inputs[1])")
        }
        return [type]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        rows.isOfAll && product.axis != 0 ? self : nil
    }

    package func evaluate(_ call: OpCall) {
        let line = product.line(in: call.inputTypes[0].shape)
        product.forEachLine(call) { first, columns in
            sl_cumulative_product_gradient(
                line, product.isExclusive, columns, call.floats(0) + first,
                call.floats(1) + first, call.outputFloats() + first)
        }
    }
}

extension Graph {
    /// - Parameters:
    ///   - axis: negative ones count from the end.
    ///   - isExclusive: whether an element itself does not count.
    ///   - isReversed: whether to start from the axis's end.
    package mutating func cumulativeSum(
        _ x: Value, axis: Int, isExclusive: Bool = false, isReversed: Bool = false
    ) throws -> Value {
        try cumulative(.sum, x, axis, isExclusive, isReversed)
    }

    /// Parameters as of ``cumulativeSum(_:axis:isExclusive:isReversed:)``.
    package mutating func cumulativeProduct(
        _ x: Value, axis: Int, isExclusive: Bool = false, isReversed: Bool = false
    ) throws -> Value {
        try cumulative(.product, x, axis, isExclusive, isReversed)
    }

    private mutating func cumulative(
        _ operation: Cumulative.Operation, _ x: Value, _ axis: Int, _ isExclusive: Bool,
        _ isReversed: Bool
    ) throws -> Value {
        let axis = shape(of: x).normalizedAxis(axis) ?? axis
        return try apply(
            Cumulative(
                operation: operation, axis: axis, isExclusive: isExclusive,
                isReversed: isReversed), x)
    }
}
