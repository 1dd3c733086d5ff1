public import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Sequences fed step by step: each step costs one step, and gives what the model would give for
/// the whole sequence so far.
///
/// The memory of recurrent layers and causal convolutions lives here, so that any number of streams
/// of one predictor run side by side. With one thread a step allocates nothing.
///
/// ```swift
/// let stream = try predictor.makeStream()
/// for sample in samples {
///     try stream.write { $0.copyBytes(from: sample) }
///     try stream.step()
///     try stream.read { use($0) }
/// }
/// ```
public final class PredictionStream {
    /// One step of the input, `[rows, 1, …]`.
    public let inputType: TensorType
    /// What a step gives: one step of sequences, the last result of others.
    public let outputTypes: [TensorType]
    private let program: Program
    private let workers: Workers
    private let input: TensorStorage
    private let memories: [TensorStorage]
    private let initial: [Tensor]
    private let arena: TensorStorage
    private let workspace: Workspace

    init(
        _ model: Model, input type: TensorType, workers: Workers, cache: ConstantCache,
        passes: [any Pass]
    ) throws {
        var lowering = Lowering(isTraining: false, weights: .constants(model.tensors))
        let x = try lowering.graph.placeholder(model.inputNames[0], type)
        let outputs = try model.network.lower(CallArguments(list: [x]), in: &lowering)
        let conversion = try StreamConversion(lowering.graph, inputs: [x], outputs: outputs)
        var optimizer = GraphOptimizer(
            graph: conversion.graph, inputs: conversion.inputs + conversion.memories.map(\.before),
            outputs: conversion.outputs + conversion.memories.map(\.after), cache: cache)
        try optimizer.run(passes, workers: workers)
        program = try Program(
            optimizer.graph, inputs: optimizer.inputs, outputs: optimizer.outputs,
            threads: workers.count)
        self.workers = workers
        inputType = type
        outputTypes = Array(program.outputTypes.prefix(outputs.count))
        initial = conversion.memories.map(\.initial)
        input = try TensorStorage(byteCount: type.byteCount, zeroed: true)
        memories = try initial.map { try TensorStorage(byteCount: $0.storage.byteCount) }
        arena = try TensorStorage(byteCount: program.workspaceByteCount)
        workspace = program.workspace(in: arena.pointer)
        for (position, storage) in ([input] + memories).enumerated() {
            program.feed(position, from: storage.pointer, into: workspace)
        }
        reset()
    }

    /// Forgets all steps.
    public func reset() {
        for (memory, tensor) in zip(memories, initial) {
            memory.pointer.copyMemory(from: tensor.storage.pointer, byteCount: memory.byteCount)
        }
    }

    /// Writes the next step of the input, whose bytes are of ``inputType``.
    public func write<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try body(UnsafeMutableRawBufferPointer(start: input.pointer, count: input.byteCount))
    }

    /// Takes the step that was written.
    public func step() throws {
        try program.run(workspace, workers: workers)
        // What one memory becomes never lies in another: every one is an output of the program.
        for number in memories.indices {
            memories[number].pointer.copyMemory(
                from: program.output(outputTypes.count + number, in: workspace),
                byteCount: memories[number].byteCount)
        }
    }

    /// Reads output `position` of the last step.
    ///
    /// - Throws: ``ModelError/structure(_:)`` if there is no such output, or what `body` throws.
    public func read<Result>(
        from position: Int = 0, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard outputTypes.indices.contains(position) else {
            throw ModelError.structure("there is no output \(position)")
        }
        return try body(
            UnsafeRawBufferPointer(
                start: program.output(position, in: workspace),
                count: outputTypes[position].byteCount))
    }
}

extension Predictor {
    /// A stream of `rows` sequences side by side, for a model of one input `[batch, time, …]`.
    ///
    /// - Throws: ``ModelError/structure(_:)`` if a step of the model depends on more than the steps
    ///   before it: layers run backwards, attention, pooling over time, padding on both sides.
    public func makeStream(rows: Int = 1) throws -> PredictionStream {
        guard model.network.inputEntries.count == 1, rows > 0,
            let input = model.network.inputEntries[0].layer as? Input
        else { throw ModelError.structure("a stream needs a model of one input") }
        let whole = try input.type(batch: rows, unknown: 1)
        guard whole.rank >= 2, whole.dtype != .string else {
            throw ModelError.structure("a stream needs sequences, not an input of \(whole)")
        }
        let type = TensorType(try whole.shape.replacing(axis: 1, with: 1), whole.dtype)
        let stream = try PredictionStream(
            model, input: type, workers: workers, cache: cache, passes: passes)
        try verify(stream)
        return stream
    }

    /// Steps that are compared with whole sequences before a stream is given out.
    private static let verifiedSteps = 4

    /// Whether a layer mixes steps cannot be told from its shapes, but from what it computes.
    private func verify(_ stream: PredictionStream) throws {
        let random = CounterRandom(seed: 1)
        let type = stream.inputType
        let steps = try (0..<Self.verifiedSteps).map { step in
            let numbers = (0..<type.elementCount).map {
                random.uniform(at: step * type.elementCount + $0)
            }
            let floats = try Tensor(numbers, shape: type.shape)
            return try type.dtype == .float32
                ? floats
                : Tensor(numbers.map { $0.rounded() }, shape: type.shape)
                    .converted(to: type.dtype)
        }
        for step in steps.indices {
            stream.write { target in
                steps[step].withUnsafeBytes { target.copyMemory(from: $0) }
            }
            try stream.step()
            let expected = try outputs(for: Array(steps[...step]))
            for (position, tensor) in expected.enumerated() {
                try compare(stream, position, tensor)
            }
        }
        stream.reset()
    }

    /// What the model gives for the sequence of these steps.
    private func outputs(for steps: [Tensor]) throws -> [Tensor] {
        var lowering = Lowering(isTraining: false, weights: .constants(model.tensors))
        var values: [Value] = []
        for step in steps { values.append(try lowering.graph.constant(step)) }
        let sequence = try lowering.graph.concatenate(values, axis: 1)
        let outputs = try model.network.lower(CallArguments(list: [sequence]), in: &lowering)
        return try Program(lowering.graph, inputs: [], outputs: outputs).run([])
    }

    private func compare(_ stream: PredictionStream, _ position: Int, _ whole: Tensor) throws {
        let type = stream.outputTypes[position]
        var expected = try whole.converted(to: .float32)
        let refusal = ModelError.structure(
            "output \(position) does not follow from the steps so far, so it cannot be streamed")
        if whole.shape != type.shape {
            // One of the steps: the last.
            guard whole.rank == type.rank, whole.rank > 1, type.shape[1] == 1, whole.shape[1] > 0
            else { throw refusal }
            var graph = Graph()
            var starts = [Int](repeating: 0, count: whole.rank)
            starts[1] = whole.shape[1] - 1
            let value = try graph.constant(expected)
            let last = try graph.slice(value, starts: starts, limits: whole.shape.dimensions)
            expected = try Program(graph, inputs: [], outputs: [last]).run([])[0]
        }
        guard expected.shape == type.shape else { throw refusal }
        let found = try Tensor(shape: type.shape, dtype: type.dtype) { target in
            try stream.read(from: position) { target.copyMemory(from: $0) }
        }
        for (a, b) in try zip(expected.floats(), found.floats()) {
            guard abs(a - b) <= 1e-4 * max(1, abs(a)) else { throw refusal }
        }
    }
}
