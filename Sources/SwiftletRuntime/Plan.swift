internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor
internal import Synchronization

/// A model compiled for one set of input shapes.
///
/// Immutable but for a store of memory that runs borrow: concurrent runs each take their own.
final class Plan: Sendable {
    let program: Program
    let inputTypes: [TensorType]
    let outputTypes: [TensorType]
    private let idle = Mutex<[TensorStorage]>([])
    /// More callers at once than processors are rare, and what they took must not stay for ever.
    private static let mostIdle = Workers.processorCount

    /// Lowers `model` for `inputs`, optimises the graph and lays out its memory.
    ///
    /// - Parameter extents: those that follow from what is fed; see ``Lowering/measuredExtents``.
    init(
        _ model: Model, inputs: [TensorType], extents: [String: Int] = [:], workers: Workers,
        cache: ConstantCache, passes: [any Pass]
    ) throws {
        var lowering = Lowering(
            isTraining: false, weights: .constants(model.tensors), extents: extents)
        let names = model.inputNames
        let values = try zip(names, inputs).map { try lowering.graph.placeholder($0, $1) }
        let outputs = try model.network.lower(CallArguments(list: values), in: &lowering)
        var optimizer = GraphOptimizer(
            graph: lowering.graph, inputs: values, outputs: outputs, cache: cache)
        try optimizer.run(passes, workers: workers)
        var slicing = RowSlicing(
            optimizer.graph, inputs: optimizer.inputs, outputs: optimizer.outputs)
        let final =
            passes.isEmpty
            ? (optimizer.graph, optimizer.inputs, optimizer.outputs) : try slicing.sliced()
        program = try Program(
            final.0, inputs: final.1, outputs: final.2, threads: workers.count)
        inputTypes = inputs
        outputTypes = program.outputTypes
    }

    /// Runs once on inputs of exactly the planned types and copies the outputs out.
    ///
    /// - Parameters:
    ///   - texts: the strings of inputs that are no numbers.
    ///   - observe: called with the number of each step after it.
    /// - Returns: the strings of outputs that are no numbers, by position.
    func run(
        inputs: [UnsafeRawPointer], texts: [Int: [String]], outputs: [UnsafeMutableRawPointer],
        workers: Workers, observing observe: ((Int) -> Void)? = nil
    ) throws -> [Int: [String]] {
        let memory =
            try idle.withLock { $0.popLast() }
            ?? TensorStorage(byteCount: program.workspaceByteCount)
        defer {
            idle.withLock { if $0.count < Self.mostIdle { $0.append(memory) } }
        }
        let workspace = program.workspace(in: memory.pointer)
        for (position, address) in inputs.enumerated() {
            program.feed(position, from: address, into: workspace)
        }
        for (position, strings) in texts {
            program.feed(position, texts: strings, into: workspace)
        }
        if let observe {
            try withoutActuallyEscaping(observe) {
                try program.run(workspace, workers: workers, observing: $0)
            }
        } else {
            try program.run(workspace, workers: workers)
        }
        var strings: [Int: [String]] = [:]
        for (position, type) in outputTypes.enumerated() {
            if type.dtype == .string {
                strings[position] = program.texts(position, in: workspace)
            } else {
                outputs[position].copyMemory(
                    from: program.output(position, in: workspace), byteCount: type.byteCount)
            }
        }
        return strings
    }
}
