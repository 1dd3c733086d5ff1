internal import SwiftletGraph
internal import SwiftletTensor

/// The step of a rule that has to see all of a weight at once (its norm, the means of its rows,
/// matrix products): written with the operations of models, and compiled once per weight.
struct GraphStep: Sendable {
    /// What a step depends on, as numbers that the graph is fed.
    let numbers: @Sendable (OptimizerStep) -> [Float]
    /// Adds the step to a graph: the new weight, and the new slots in their order.
    let build: @Sendable (RuleOperands, inout Graph) throws -> (weight: Value, slots: [Value])
}

/// What a ``GraphStep`` is made of.
struct RuleOperands {
    /// After weight decay.
    let weight: Value
    /// After scaling and clipping.
    let gradient: Value
    /// The gradient's squares.
    let square: Value
    let slots: [Value]
    /// Scalars, one per number.
    let numbers: [Value]
}

/// A ``GraphStep`` compiled for one weight.
final class RuleProgram {
    private let numbers: @Sendable (OptimizerStep) -> [Float]
    private let program: Program
    private let memory: TensorStorage
    private let workspace: Workspace
    private let fed: TensorStorage
    private let takesSquares: Bool
    private let byteCounts: [Int]

    /// Scale, limit and decay come before the step's own numbers.
    private static let commonCount = 3

    init(_ step: GraphStep, _ update: WeightUpdate, slots: [Shape], threads: Int) throws {
        numbers = step.numbers
        takesSquares = update.squares != nil
        let sample = OptimizerStep(iteration: 0, rate: 1, scalars: [])
        let count = Self.commonCount + step.numbers(sample).count
        var graph = Graph()
        let type = TensorType(update.shape)
        let weight = try graph.placeholder("weight", type)
        let gradient = try graph.placeholder("gradient", type)
        let all = try graph.placeholder("numbers", TensorType(.vector(count)))
        let squares = takesSquares ? try graph.placeholder("squares", type) : nil
        let memories = try slots.enumerated().map {
            try graph.placeholder("slot \($0)", TensorType($1))
        }
        let scalars = try (0..<count).map {
            try graph.reshape(graph.slice(all, axis: 0, $0..<$0 + 1), to: [])
        }
        let (scale, limit, decay) = (scalars[0], scalars[1], scalars[2])
        let scaled = try graph.multiply(gradient, scale)
        let clipped = try graph.maximum(graph.minimum(scaled, limit), graph.negate(limit))
        let square =
            try squares.map { try graph.multiply($0, graph.square(scale)) }
            ?? graph.square(clipped)
        let (newWeight, newSlots) = try step.build(
            RuleOperands(
                weight: graph.subtract(weight, graph.multiply(weight, decay)), gradient: clipped,
                square: square, slots: memories,
                numbers: Array(scalars.dropFirst(Self.commonCount))), &graph)
        let outputs = [newWeight] + newSlots
        program = try Program(
            graph, inputs: [weight, gradient, all] + [squares].compactMap(\.self) + memories,
            outputs: outputs, threads: threads)
        byteCounts = outputs.map { graph.shape(of: $0).elementCount * MemoryLayout<Float>.stride }
        memory = try TensorStorage(byteCount: program.workspaceByteCount)
        workspace = program.workspace(in: memory.pointer)
        fed = try TensorStorage(byteCount: count * MemoryLayout<Float>.stride)
    }

    /// Whether the program was made for such an update.
    func serves(_ update: WeightUpdate, _ workers: Workers) -> Bool {
        takesSquares == (update.squares != nil) && workers.count <= program.threads
    }

    func run(_ update: WeightUpdate, _ step: OptimizerStep, _ workers: Workers) throws {
        let values = [update.scale, update.limit, update.decay] + numbers(step)
        fed.pointer.assumingMemoryBound(to: Float.self).update(from: values, count: values.count)
        var position = 0
        func feed(_ address: UnsafeRawPointer) {
            program.feed(position, from: address, into: workspace)
            position += 1
        }
        feed(update.weight)
        feed(update.gradient)
        feed(fed.pointer)
        if let squares = update.squares { feed(squares) }
        for slot in update.slots { feed(slot) }
        try program.run(workspace, workers: workers)
        for (output, target) in ([update.weight] + update.slots).enumerated() {
            UnsafeMutableRawPointer(target).copyMemory(
                from: program.output(output, in: workspace), byteCount: byteCounts[output])
        }
    }
}

extension Graph {
    /// The sum of all elements, a scalar.
    mutating func sumOfAll(_ x: Value) throws -> Value {
        try sum(x, axes: Array(shape(of: x).indices))
    }

    /// `√ Σ x²` over all elements, a scalar.
    mutating func norm(_ x: Value) throws -> Value { try squareRoot(sumOfAll(square(x))) }

    /// `m + (x − m) · share`.
    mutating func moved(_ m: Value, towards x: Value, by share: Double) throws -> Value {
        try add(m, scale(subtract(x, m), by: Float(share)))
    }
}
