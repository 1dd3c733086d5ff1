internal import CKernels
internal import SwiftletTensor

/// What windows moving over `[batch, spatial…, channels]` hold, channel by channel: the largest
/// number or the mean. One to three spatial axes.
package struct Pooling: Op {
    package enum Kind: String, Sendable {
        case maximum = "max"
        case average
    }

    package let kind: Kind
    package let size: [Int]
    package let strides: [Int]
    /// Positions before and after the input that windows may reach over. They count neither as
    /// largest number nor in a mean.
    package let before: [Int]
    package let after: [Int]

    package init(
        _ kind: Kind, size: [Int], strides: [Int], padding: [(before: Int, after: Int)]
    ) {
        self.kind = kind
        self.size = size
        self.strides = strides
        before = padding.map(\.before)
        after = padding.map(\.after)
    }

    package var name: String { "\(kind.rawValue)_pool" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        let shape = inputs[0].shape
        let axes = size.count
        guard inputs[0].dtype == .float32, (1...3).contains(axes), shape.rank == axes + 2 else {
            throw refusal("float32 with \(axes) spatial axes expected, \(inputs[0]) found")
        }
        guard [strides, before, after].allSatisfy({ $0.count == axes }),
            (size + strides).allSatisfy({ $0 > 0 && $0 < 1 << 40 })
        else { throw refusal("windows of \(size), strides of \(strides)") }
        let spatial = try (0..<axes).map { axis in
            // A window wholly on padding would hold nothing.
            guard 0..<size[axis] ~= before[axis], 0..<size[axis] ~= after[axis] else {
                throw refusal("padding \(before) and \(after) around windows of \(size)")
            }
            let padded = shape[axis + 1] + before[axis] + after[axis]
            guard shape[axis + 1] > 0, padded >= size[axis] else {
                throw refusal("windows of \(size) do not fit \(shape)")
            }
            return (padded - size[axis]) / strides[axis] + 1
        }
        let output = [shape[0]] + spatial + [shape[axes + 1]]
        return [TensorType(try Shape(output))]
    }

    /// As the kernels take it.
    func lowered(input: Shape, output: Shape) -> sl_pool {
        let axes = size.count
        func triple(_ values: (Int) -> Int, else missing: Int) -> (Int, Int, Int) {
            func value(_ position: Int) -> Int {
                let axis = position - (3 - axes)
                return axis < 0 ? missing : values(axis)
            }
            return (value(0), value(1), value(2))
        }
        return sl_pool(
            batch: input[0], channels: input[axes + 1], input: triple({ input[$0 + 1] }, else: 1),
            output: triple({ output[$0 + 1] }, else: 1), window: triple({ size[$0] }, else: 1),
            stride: triple({ strides[$0] }, else: 1), padding: triple({ before[$0] }, else: 0))
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { self }

    package func evaluate(_ call: OpCall) {
        let (x, y) = (call.floats(0), call.outputFloats())
        let output = call.outputTypes[0].shape
        let pool = lowered(input: call.inputTypes[0].shape, output: output)
        let lines = pool.batch * pool.output.0 * pool.output.1
        // Windows may be wider than what they look at.
        let input = call.inputTypes[0].shape
        let window = size.indices.reduce(1) { $0 * min(size[$1], input[$1 + 1]) }
        let work = pool.output.2 * pool.channels * window
        call.workers.forEach(count: lines, grain: max(1, (1 << 16) / max(work, 1))) { range in
            var pool = pool
            switch kind {
            case .maximum: sl_pool_max(&pool, x, y, range.lowerBound, range.upperBound)
            case .average: sl_pool_average(&pool, x, y, range.lowerBound, range.upperBound)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0] else { return [nil] }
        let op = PoolingGradient(pooling: self, input: graph.shape(of: node.inputs[0]))
        switch kind {
        case .maximum: return [try graph.apply(op, dy, node.inputs[0])]
        case .average: return [try graph.apply(op, dy)]
        }
    }
}

extension Graph {
    /// The largest numbers in windows over `[batch, spatial…, channels]`.
    package mutating func maxPool(
        _ x: Value, size: [Int], strides: [Int], padding: [(before: Int, after: Int)]
    ) throws -> Value {
        try apply(Pooling(.maximum, size: size, strides: strides, padding: padding), x)
    }

    /// The means of windows over `[batch, spatial…, channels]`, padding left out.
    package mutating func averagePool(
        _ x: Value, size: [Int], strides: [Int], padding: [(before: Int, after: Int)]
    ) throws -> Value {
        try apply(Pooling(.average, size: size, strides: strides, padding: padding), x)
    }
}
