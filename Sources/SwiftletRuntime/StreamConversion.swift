internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// A network's graph for one step of a sequence, with what its layers remember of earlier steps as
/// further inputs and outputs.
///
/// Recurrences take and give their states; causal convolutions the steps that their kernels reach
/// back. All other operations stay as they are.
struct StreamConversion {
    struct Memory {
        /// What it holds before the first step.
        let initial: Tensor
        let before: Value
        let after: Value
    }

    private let old: Graph
    private(set) var graph = Graph()
    private(set) var inputs: [Value]
    private(set) var outputs: [Value] = []
    private(set) var memories: [Memory] = []
    private var renamed: [Value: Value] = [:]

    init(_ graph: Graph, inputs: [Value], outputs: [Value]) throws {
        old = graph
        self.inputs = []
        for node in graph.nodes {
            self.graph.label = node.label
            let operands = node.inputs.compactMap { renamed[$0] }
            for (output, value) in try convert(node, operands).enumerated() {
                renamed[node.output(output)] = value
            }
        }
        self.inputs = inputs.compactMap { renamed[$0] }
        self.outputs = outputs.compactMap { renamed[$0] }
    }

    private mutating func convert(_ node: Node, _ inputs: [Value]) throws -> [Value] {
        switch node.op {
        case let scan as Scan: return try convert(scan, node, inputs)
        case let convolution as Convolution:
            return try convert(convolution, inputs) ?? graph.append(node.op, inputs)
        case let pad as Pad: return try convert(pad, inputs) ?? graph.append(node.op, inputs)
        default: return try graph.append(node.op, inputs)
        }
    }

    private mutating func remember(_ initial: Tensor) throws -> Value {
        try graph.placeholder(
            "memory \(memories.count)", TensorType(initial.shape, initial.dtype))
    }

    private mutating func convert(
        _ scan: Scan, _ node: Node, _ inputs: [Value]
    ) throws -> [Value] {
        guard !scan.isReversed else {
            throw ModelError.structure(
                "'\(node.label)' begins at the end of its sequence, which a stream has not")
        }
        let states = scan.body.states.count
        let initial = try inputs[..<states].map { value in
            guard let tensor = graph.constantTensor(value) else {
                throw ModelError.structure(
                    "'\(node.label)' gets its first state from another layer")
            }
            return tensor
        }
        let before = try initial.map { try remember($0) }
        let results = try graph.append(scan, before + inputs[states...])
        for state in 0..<states {
            memories.append(
                Memory(initial: initial[state], before: before[state], after: results[state]))
        }
        return results
    }

    /// A convolution over `[batch, time, channels]` with zeros before the first step only.
    private mutating func convert(
        _ convolution: Convolution, _ inputs: [Value]
    ) throws -> [Value]? {
        let geometry = convolution.geometry
        guard geometry.strides == [1], geometry.before[0] > 0, geometry.after == [0] else {
            return nil
        }
        let still = ConvolutionGeometry(
            strides: [1], dilation: geometry.dilation, padding: [(0, 0)],
            groups: geometry.groups)
        let x = try extended(inputs[0], by: geometry.before[0])
        return try graph.append(Convolution(still), [x] + inputs.dropFirst())
    }

    /// Zeros before the first step of `[batch, time, …]`.
    private mutating func convert(_ pad: Pad, _ inputs: [Value]) throws -> [Value]? {
        guard pad.before.count >= 2, pad.before[1] > 0,
            pad.before.enumerated().allSatisfy({ $0.offset == 1 || $0.element == 0 }),
            pad.after.allSatisfy({ $0 == 0 }),
            try pad.value.doubles().allSatisfy({ $0 == 0 })
        else { return nil }
        return [try extended(inputs[0], by: pad.before[1])]
    }

    /// The last `count` steps before this one, then this one.
    private mutating func extended(_ x: Value, by count: Int) throws -> Value {
        let type = graph[x]
        let initial = try Tensor(
            zeros: type.shape.replacing(axis: 1, with: count), dtype: type.dtype)
        let before = try remember(initial)
        let all = try graph.concatenate([before, x], axis: 1)
        let extents = graph.shape(of: all).dimensions
        var starts = [Int](repeating: 0, count: extents.count)
        starts[1] = extents[1] - count
        let after = try graph.slice(all, starts: starts, limits: extents)
        memories.append(Memory(initial: initial, before: before, after: after))
        return all
    }
}
