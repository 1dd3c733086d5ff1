internal import CKernels
internal import SwiftletTensor

/// The position of the largest or smallest number along an axis, the first of equal ones, as int32.
/// NaN comes before all numbers, as in NumPy.
package struct ArgReduce: Op {
    package enum Function: String, Sendable { case argmax, argmin }

    package let function: Function
    package let axis: Int
    package let keepsDimensions: Bool

    package init(_ function: Function, axis: Int, keepsDimensions: Bool = false) {
        self.function = function
        self.axis = axis
        self.keepsDimensions = keepsDimensions
    }

    package var name: String { function.rawValue }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let shape = inputs[0].shape
        guard shape.indices.contains(axis), inputs[0].dtype.kernelType != nil else {
            throw refusal("numbers with axis \(axis) expected, \(inputs[0]) found")
        }
        guard 1...Int(Int32.max) ~= shape[axis] else {
            throw refusal("\(shape[axis]) elements along axis \(axis) of \(shape)")
        }
        var kept = shape.dimensions
        if keepsDimensions { kept[axis] = 1 } else { kept.remove(at: axis) }
        return [TensorType(try Shape(kept), .int32)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { axis != 0 ? self : nil }

    package func evaluate(_ call: OpCall) {
        guard let type = call.inputTypes[0].dtype.kernelType else { return }
        let shape = call.inputTypes[0].shape
        let (count, inner) = (shape[axis], shape.count(of: (axis + 1)...))
        let size = call.inputTypes[0].dtype.size
        let (x, y) = (call.input(0), call.output(0, as: Int32.self))
        let grain = max(1, (1 << 14) / max(count * inner, 1))
        call.workers.forEach(count: shape.count(of: ..<axis), grain: grain) { range in
            let start = range.lowerBound
            sl_arg_reduce(
                function == .argmax, type, x + start * count * inner * size, range.count, count,
                inner, y + start * inner)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}

extension Graph {
    package mutating func argmax(
        _ x: Value, axis: Int = -1, keepsDimensions: Bool = false
    ) throws -> Value { try arg(.argmax, x, axis, keepsDimensions) }

    package mutating func argmin(
        _ x: Value, axis: Int = -1, keepsDimensions: Bool = false
    ) throws -> Value { try arg(.argmin, x, axis, keepsDimensions) }

    private mutating func arg(
        _ function: ArgReduce.Function, _ x: Value, _ axis: Int, _ keepsDimensions: Bool
    ) throws -> Value {
        let normalized = shape(of: x).normalizedAxis(axis) ?? axis
        return try apply(
            ArgReduce(function, axis: normalized, keepsDimensions: keepsDimensions), x)
    }
}
