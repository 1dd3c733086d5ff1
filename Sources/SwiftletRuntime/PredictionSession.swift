public import SwiftletGraph
internal import SwiftletLayers
package import SwiftletTensor

/// Predictions one after the other over the same memory: with one thread, nothing is allocated from
/// one to the next, so a session serves where time is short.
///
/// ```swift
/// let session = try predictor.session(rows: 1)
/// try session.write(to: 0) { $0.copyMemory(from: samples) }
/// try session.run()
/// try session.read(from: 0) { answers.copyMemory(from: $0) }
/// ```
///
/// A session is for one thread at a time; several sessions of a predictor may run at once.
public final class PredictionSession {
    /// The types of inputs and outputs, in the model's order.
    public let inputTypes: [TensorType]
    public let outputTypes: [TensorType]
    private let plan: Plan
    private let workers: Workers
    private let inputs: [TensorStorage]
    private let memory: TensorStorage
    private let workspace: Workspace

    init(_ plan: Plan, workers: Workers) throws {
        guard (plan.inputTypes + plan.outputTypes).allSatisfy({ $0.dtype != .string }) else {
            throw ModelError.structure("a session takes and gives numbers, not texts")
        }
        self.plan = plan
        self.workers = workers
        inputTypes = plan.inputTypes
        outputTypes = plan.outputTypes
        inputs = try inputTypes.map { try TensorStorage(byteCount: $0.byteCount, zeroed: true) }
        memory = try TensorStorage(byteCount: plan.program.workspaceByteCount)
        workspace = plan.program.workspace(in: memory.pointer)
        for (position, input) in inputs.enumerated() {
            plan.program.feed(position, from: input.pointer, into: workspace)
        }
    }

    /// Writes input `position`, whose bytes are of its type in row-major order and keep what was
    /// written before.
    ///
    /// - Throws: ``ModelError/structure(_:)`` if there is no such input, or what `body` throws.
    public func write<Result>(
        to position: Int = 0, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard inputs.indices.contains(position) else {
            throw ModelError.structure("there is no input \(position)")
        }
        let storage = inputs[position]
        return try body(
            UnsafeMutableRawBufferPointer(start: storage.pointer, count: storage.byteCount))
    }

    /// Predicts for what the inputs hold.
    public func run() throws {
        try plan.program.run(workspace, workers: workers)
    }

    /// Reads output `position` of the last run.
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
                start: plan.program.output(position, in: workspace),
                count: outputTypes[position].byteCount))
    }
}

extension Predictor {
    /// A session for batches of `rows`; axes that the model leaves open get the extent 1.
    public func session(rows: Int = 1) throws -> PredictionSession {
        try PredictionSession(plan(rows: rows), workers: workers)
    }

    /// A session for batches like these inputs, which it holds already.
    package func session(for tensors: [Tensor]) throws -> PredictionSession {
        let tensors = try checked(tensors)
        let session = try PredictionSession(
            plan(for: tensors.map { TensorType($0.shape, $0.dtype) }), workers: workers)
        for (position, tensor) in tensors.enumerated() {
            try session.write(to: position) { target in
                tensor.withUnsafeBytes { target.copyMemory(from: $0) }
            }
        }
        return session
    }
}

/// What predicting takes, in bytes; known before the first prediction.
public struct MemoryUse: Sendable, Hashable {
    /// Weights in the form in which they are computed with.
    public let weights: Int
    /// Intermediate values and scratch memory, shared by all operations of a prediction.
    public let arena: Int
    /// Inputs and outputs.
    public let data: Int
    public var total: Int { weights + arena + data }
}

extension Predictor {
    /// The memory that predictions for batches of `rows` take at most while they run, beside the
    /// program itself: a file's own weights are released once they are packed.
    ///
    /// - Parameter rows: rows of a batch; open axes of the model count as 1.
    public func peakMemory(rows: Int = 1) throws -> MemoryUse {
        let plan = try plan(rows: rows)
        let data = (plan.inputTypes + plan.outputTypes).reduce(0) { $0 + $1.byteCount }
        return MemoryUse(
            weights: max(plan.program.constantByteCount, cachedByteCount),
            arena: plan.program.workspaceByteCount, data: data)
    }
}
