internal import SwiftletGraph
package import SwiftletLayers
package import SwiftletTensor

/// Brings a weight back to its constraint after a step.
package struct ConstraintProgram {
    private let program: Program
    private let memory: TensorStorage
    private let workspace: Workspace

    package init(_ constraint: Constraint, shape: Shape, threads: Int) throws {
        var graph = Graph()
        let weight = try graph.placeholder("weight", TensorType(shape))
        let result = try constraint.projection(of: weight, in: &graph)
        program = try Program(graph, inputs: [weight], outputs: [result], threads: threads)
        memory = try TensorStorage(byteCount: program.workspaceByteCount)
        workspace = program.workspace(in: memory.pointer)
    }

    package func apply(to tensor: inout Tensor, workers: Workers) throws {
        let address = try tensor.uniqueFloats()
        program.feed(0, from: address, into: workspace)
        try program.run(workspace, workers: workers)
        UnsafeMutableRawPointer(address).copyMemory(
            from: program.output(0, in: workspace),
            byteCount: tensor.elementCount * MemoryLayout<Float>.stride)
    }
}

extension Constraint {
    /// The weight as the constraint wants it, by Keras's formulas.
    func projection(of weight: Value, in graph: inout Graph) throws -> Value {
        switch self {
        case .nonNegative: return try graph.maximum(weight, graph.constant(0))
        case .unitNorm(let axes):
            let norm = try graph.norm(weight, axes: axes)
            return try graph.divide(weight, graph.add(norm, graph.constant(lossEpsilon)))
        case .maxNorm(let maximum, let axes):
            let norm = try graph.norm(weight, axes: axes)
            let wanted = try graph.unary(.clip(lowest: 0, highest: Float(maximum)), norm)
            return try graph.rescaled(weight, from: norm, to: wanted)
        case .minMaxNorm(let minimum, let maximum, let rate, let axes):
            let norm = try graph.norm(weight, axes: axes)
            let clipped = try graph.unary(
                .clip(lowest: Float(minimum), highest: Float(maximum)), norm)
            let wanted = try graph.add(
                graph.scale(clipped, by: Float(rate)), graph.scale(norm, by: Float(1 - rate)))
            return try graph.rescaled(weight, from: norm, to: wanted)
        }
    }
}

extension Graph {
    fileprivate mutating func norm(_ x: Value, axes: [Int]) throws -> Value {
        try squareRoot(sum(square(x), axes: axes, keepsDimensions: true))
    }

    fileprivate mutating func rescaled(
        _ x: Value, from norm: Value, to wanted: Value
    ) throws -> Value {
        try multiply(x, divide(wanted, add(norm, constant(lossEpsilon))))
    }
}
