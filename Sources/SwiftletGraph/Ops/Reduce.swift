internal import CKernels
internal import SwiftletTensor

/// The sum, mean, product, maximum or minimum over axes, or whether any or all are true.
///
/// Sums of float32 are carried in double precision; their order depends on the shape only.
package struct Reduce: Op {
    package enum Function: String, Sendable, Hashable, CaseIterable {
        case sum, mean
        case product = "prod"
        case maximum = "max"
        case minimum = "min"
        case any, all
    }

    package let function: Function
    /// Axes from 0, ascending.
    package let axes: [Int]
    /// Whether a reduced axis stays with one element.
    package let keepsDimensions: Bool

    /// What a mean divides by where the operand holds some of its numbers only.
    private var divisor: Int?

    package init(_ function: Function, axes: [Int], keepsDimensions: Bool = false) {
        self.function = function
        self.axes = axes
        self.keepsDimensions = keepsDimensions
    }

    package var name: String { function.rawValue }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let (shape, dtype) = (inputs[0].shape, inputs[0].dtype)
        guard axes.allSatisfy(shape.indices.contains), Set(axes).count == axes.count else {
            throw refusal("axes \(axes) are not those of \(shape)")
        }
        guard accepts(dtype) else { throw refusal("\(dtype) cannot be reduced so") }
        if [.maximum, .minimum, .mean].contains(function), axes.contains(where: { shape[$0] == 0 })
        {
            throw refusal("nothing to reduce in \(shape)")
        }
        let kept = shape.indices.compactMap { axis -> Int? in
            axes.contains(axis) ? (keepsDimensions ? 1 : nil) : shape[axis]
        }
        return [TensorType(try Shape(kept), dtype)]
    }

    private func accepts(_ dtype: DType) -> Bool {
        switch function {
        case .any, .all: dtype == .bool
        case .mean: dtype == .float32
        default: dtype.kernelType != nil && dtype != .bool
        }
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        let plan = ReductionPlan(inputs[0].shape, axes: axes)
        return plan.accumulatorCount * MemoryLayout<sl_accumulator>.stride
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { !axes.contains(0) ? self : nil }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        guard axes.contains(0) else { return rows.share(of: self) }
        guard rows.inputs[0].dtype == .float32, function == .sum || function == .mean else {
            return nil
        }
        var share = self
        share.divisor =
            rows.inputs[0].elementCount / max(rows.outputs[0].elementCount, 1)
        return RankShare(share, of: [true], [.addend])
    }

    package func isLinear(in addends: [Bool]) -> Bool { function == .sum || function == .mean }

    package func evaluate(_ call: OpCall) {
        guard let type = call.inputTypes[0].dtype.kernelType else { return }
        let plan = call.planned { ReductionPlan(call.inputTypes[0].shape, axes: axes) }
        let divisor = self.divisor ?? call.inputTypes[0].elementCount / max(plan.kept, 1)
        let kernel = ReductionKernel(
            code: code, type: type, elementSize: call.inputTypes[0].dtype.size,
            scale: function == .mean ? 1 / Double(max(divisor, 1)) : 1)
        kernel.run(
            plan, from: call.input(0), to: call.output(),
            accumulators: call.scratch.assumingMemoryBound(to: sl_accumulator.self),
            workers: call.workers)
    }

    private var code: sl_reduction {
        switch function {
        case .sum, .mean: SL_REDUCE_SUM
        case .product: SL_REDUCE_PRODUCT
        case .maximum, .any: SL_REDUCE_MAXIMUM
        case .minimum, .all: SL_REDUCE_MINIMUM
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0], node.types[0].dtype == .float32 else { return [nil] }
        let x = node.inputs[0]
        let shape = graph.shape(of: x)
        let wide = try Shape(shape.indices.map { axes.contains($0) ? 1 : shape[$0] })
        let gradient = try graph.reshape(dy, to: wide)
        switch function {
        case .any, .all: return [nil]
        case .sum: return [try graph.broadcast(gradient, to: shape)]
        case .mean:
            let scale = Double(wide.elementCount) / Double(max(shape.elementCount, 1))
            return [try graph.spread(gradient, to: shape, scale: Float(scale))]
        case .maximum, .minimum:
            // Equal ones share, as in TensorFlow.
            let y = try graph.reshape(node.output(), to: wide)
            let share = try graph.indicator(graph.compare(.equal, x, y))
            let count = try graph.sum(share, axes: axes, keepsDimensions: true)
            return [try graph.multiply(share, graph.divide(gradient, count))]
        case .product: return [try productGradient(x, gradient, in: &graph)]
        }
    }

    /// The product of the others: with one zero only its own derivative is not zero.
    private func productGradient(
        _ x: Value, _ gradient: Value, in graph: inout Graph
    ) throws -> Value {
        let (zero, one) = (try graph.constant(0), try graph.constant(1))
        let isZero = try graph.compare(.equal, x, zero)
        let safe = try graph.select(isZero, one, x)
        let product = try graph.apply(
            Reduce(.product, axes: axes, keepsDimensions: true), safe)
        let zeros = try graph.sum(graph.indicator(isZero), axes: axes, keepsDimensions: true)
        let noZero = try graph.indicator(graph.compare(.equal, zeros, zero))
        let oneZero = try graph.indicator(graph.compare(.equal, zeros, one))
        let others = try graph.select(
            isZero, graph.multiply(product, oneZero),
            graph.divide(graph.multiply(product, noZero), safe))
        return try graph.multiply(gradient, others)
    }
}

extension Graph {
    package mutating func reduce(
        _ function: Reduce.Function, _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value {
        let op = Reduce(function, axes: axes, keepsDimensions: keepsDimensions)
        let normalized = try axes.map { axis in
            guard let normalized = shape(of: x).normalizedAxis(axis) else {
                throw op.refusal("axis \(axis) is not one of \(shape(of: x))")
            }
            return normalized
        }
        return try apply(
            Reduce(function, axes: normalized.sorted(), keepsDimensions: keepsDimensions), x)
    }

    package mutating func sum(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value {
        try reduce(.sum, x, axes: axes, keepsDimensions: keepsDimensions)
    }

    package mutating func mean(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value {
        try reduce(.mean, x, axes: axes, keepsDimensions: keepsDimensions)
    }

    package mutating func max(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value {
        try reduce(.maximum, x, axes: axes, keepsDimensions: keepsDimensions)
    }

    package mutating func min(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value {
        try reduce(.minimum, x, axes: axes, keepsDimensions: keepsDimensions)
    }

    package mutating func prod(
        _ x: Value, axes: [Int], keepsDimensions: Bool = false
    ) throws -> Value {
        try reduce(.product, x, axes: axes, keepsDimensions: keepsDimensions)
    }

    /// 1 where the condition is true, otherwise 0, in float32.
    package mutating func indicator(_ condition: Value) throws -> Value {
        try select(condition, constant(1), constant(0))
    }
}
