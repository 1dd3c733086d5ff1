public import SwiftletGraph
public import SwiftletLayers
public import SwiftletTensor
internal import Synchronization

/// Runs a model: compiled once per input shape, then without allocation between steps.
///
/// A predictor may be used from any number of threads at once; each call brings its own memory.
///
/// ```swift
/// let predictor = try Predictor(model)
/// let probabilities = try predictor(images)
/// ```
public final class Predictor: Sendable {
    public let model: Model
    /// Threads that take part in a call.
    public let threads: Int
    /// What large weights are held in.
    public let weights: WeightStorage
    let workers: Workers
    let passes: [any Pass]
    let cache: ConstantCache
    private let plans = Mutex<[PlanKey: Plan]>([:])
    /// Whether extents follow from what is fed; nil until it is known.
    private let measures = Mutex<Bool?>(nil)

    private struct PlanKey: Hashable {
        let types: [TensorType]
        let extents: [String: Int]
    }

    /// Plans kept at once; a caller with ever new shapes must not exhaust memory.
    private static let largestPlanCount = 16

    /// - Parameters:
    ///   - model: with all weights set; see ``Model/initialize(seed:)``.
    ///   - threads: nil for one per processor.
    ///   - optimizations: passes over the graph; ``Optimizations/none`` runs it as the layers wrote it.
    ///   - weights: what large weights are held in; 16 bits take half the memory, and half the time
    ///     where memory limits, and round weights. See ``weightError(on:)``.
    /// - Throws: ``ModelError`` if the model's layers do not fit together.
    public init(
        _ model: Model, threads: Int? = nil, optimizations: Optimizations = .standard,
        weights: WeightStorage = .float32
    ) throws {
        self.model = model
        self.weights = weights
        workers = Workers(count: threads)
        self.threads = workers.count
        passes = optimizations.passes(weights)
        cache = ConstantCache(weights: Array(model.tensors.values))
    }

    /// Predicts for a model with one input and one output.
    ///
    /// - Parameters:
    ///   - input: the batch outermost; any numeric element type.
    ///   - batchSize: rows computed at once; the result does not depend on it beyond rounding.
    /// - Returns: one row per row of the input.
    /// - Throws: ``ModelError/input(name:cause:)`` if the input does not fit the model.
    public func callAsFunction(_ input: Tensor, batchSize: Int = 32) throws -> Tensor {
        let outputs = try predict([input], batchSize: batchSize)
        guard outputs.count == 1 else {
            throw ModelError.structure("the model has \(outputs.count) outputs; use predict(_:)")
        }
        return outputs[0]
    }

    /// Predicts for any model: inputs and outputs in the model's order.
    ///
    /// - Parameter progress: called with the number of rows that are done, after every batch.
    /// - Throws: ``ModelError/input(name:cause:)`` if the inputs do not fit the model.
    public func predict(
        _ inputs: [Tensor], batchSize: Int = 32, progress: ((Int) -> Void)? = nil
    ) throws -> [Tensor] {
        try predict(inputs, batchSize: batchSize, extents: nil, progress: progress)
    }

    /// - Parameter extents: of all rows, of which these are some, by ``extents(of:)``; nil if these are
    ///   all.
    package func predict(
        _ inputs: [Tensor], batchSize: Int, extents: [String: Int]?,
        progress: ((Int) -> Void)? = nil
    ) throws -> [Tensor] {
        let inputs = try checked(inputs)
        let rows = inputs.first?.shape.first ?? 1
        let batchSize = min(try self.batchSize(batchSize, rows: rows), max(1, rows))
        let extents = try extents ?? measuredExtents(inputs)
        var outputs: [Tensor] = []
        var texts: [Int: [String]] = [:]
        for start in stride(from: 0, to: max(1, rows), by: batchSize) {
            let range = start..<min(rows, start + batchSize)
            let new = try run(inputs, rows: range, total: rows, extents, into: &outputs)
            texts.merge(new) { $0 + $1 }
            progress?(range.upperBound)
        }
        for (position, strings) in texts {
            outputs[position] = try Tensor(strings: strings, shape: outputs[position].shape)
        }
        return outputs
    }

    /// How many of all rows are computed at once: a fixed batch size in the model wins over the
    /// caller's.
    package func batchSize(_ wanted: Int, rows: Int) throws -> Int {
        let fixed = model.network.inputEntries.lazy.compactMap { ($0.layer as? Input)?.batchSize }
        guard let size = fixed.first else { return max(1, wanted) }
        guard rows % max(1, size) == 0 else {
            throw ModelError.input(
                name: model.inputNames[0],
                cause: "the model takes batches of \(size); \(rows) rows do not fill them")
        }
        return max(1, size)
    }

    /// Whether rows may be computed in batches of any size.
    package var takesAnyBatch: Bool {
        model.network.inputEntries.allSatisfy { ($0.layer as? Input)?.batchSize == nil }
    }

    /// The passes over the graph, which decide how results are rounded.
    package var passNames: [String] { passes.map(\.name) }

    /// What has to be known of all rows of texts before some of them are predicted from.
    package func extents(of inputs: [Tensor]) throws -> [String: Int] {
        try measuredExtents(checked(inputs))
    }

    /// The extents that follow from all rows together, so that batches do not differ in them.
    private func measuredExtents(_ inputs: [Tensor]) throws -> [String: Int] {
        // Only texts have lengths that shapes do not tell.
        guard inputs.contains(where: { $0.dtype == .string }),
            measures.withLock({ $0 }) != false
        else { return [:] }
        var extents: [String: Int] = [:]
        let types = inputs.map { TensorType($0.shape, $0.dtype) }
        while true {
            var lowering = Lowering(
                isTraining: false, weights: .constants(model.tensors), extents: extents)
            let values = try zip(model.inputNames, types).map {
                try lowering.graph.placeholder($0, $1)
            }
            _ = try model.network.lower(CallArguments(list: values), in: &lowering)
            guard let next = lowering.measuredExtents.first(where: { extents[$0.name] == nil })
            else { break }
            // An extent may follow from another, so one is measured after the other.
            let program = try Program(lowering.graph, inputs: values, outputs: [next.value])
            let found = try program.run(inputs)[0].elements(of: Int64.self)
            extents[next.name] = Int(found[0])
        }
        measures.withLock { $0 = !extents.isEmpty }
        return extents
    }

    /// Predicts batch by batch, so that neither inputs nor outputs need to fit in memory.
    ///
    /// - Parameters:
    ///   - batches: the model's inputs, one batch at a time.
    ///   - consume: takes the outputs of each batch, in order.
    public func predict(
        batches: some Sequence<[Tensor]>, _ consume: ([Tensor]) throws -> Void
    ) throws {
        for batch in batches {
            try consume(predict(batch, batchSize: batch.first?.shape.first ?? 1))
        }
    }

    private func run(
        _ inputs: [Tensor], rows: Range<Int>, total: Int, _ extents: [String: Int],
        into outputs: inout [Tensor]
    ) throws -> [Int: [String]] {
        let types = try inputs.map {
            TensorType(try $0.shape.replacing(axis: 0, with: rows.count), $0.dtype)
        }
        let plan = try plan(for: types, extents)
        if outputs.isEmpty {
            outputs = try plan.outputTypes.map { type in
                guard type.rank > 0, type.shape[0] == rows.count || total == rows.count else {
                    throw ModelError.structure("an output has no row per input row")
                }
                let extent = total == rows.count ? type.shape[0] : total
                return try Tensor(
                    zeros: type.shape.replacing(axis: 0, with: extent), dtype: type.dtype)
            }
        }
        let sources = zip(inputs, types).map { tensor, type in
            UnsafeRawPointer(tensor.storage.pointer)
                + (rows.isEmpty ? 0 : rows.lowerBound * (type.byteCount / rows.count))
        }
        let targets = zip(outputs, plan.outputTypes).map { tensor, type in
            tensor.storage.pointer
                + (rows.isEmpty ? 0 : rows.lowerBound * (type.byteCount / rows.count))
        }
        var texts: [Int: [String]] = [:]
        for (position, tensor) in inputs.enumerated() where tensor.dtype == .string {
            texts[position] = try tensor.rows(rows).strings
        }
        return try withExtendedLifetime((inputs, outputs)) {
            try plan.run(inputs: sources, texts: texts, outputs: targets, workers: workers)
        }
    }

    /// Checks the inputs against the model's declarations and converts them to what it computes in.
    package func checked(_ inputs: [Tensor]) throws -> [Tensor] {
        let entries = model.network.inputEntries
        guard inputs.count == entries.count else {
            throw ModelError.input(
                name: entries.map(\.name).joined(separator: ", "),
                cause: "\(entries.count) inputs expected, \(inputs.count) found")
        }
        return try zip(entries, inputs).map { entry, tensor in
            guard let input = entry.layer as? Input else { return tensor }
            guard tensor.rank > 0 else {
                throw ModelError.input(name: entry.name, cause: "a single number, not a batch")
            }
            guard tensor.shape.first == inputs[0].shape.first else {
                throw ModelError.input(
                    name: entry.name,
                    cause: "\(tensor.shape.first ?? 0) rows, but \(inputs[0].shape.first ?? 0) "
                        + "in '\(entries[0].name)'")
            }
            do {
                return try input.accept(tensor)
            } catch {
                throw ModelError.input(name: entry.name, cause: "\(error)")
            }
        }
    }

    func plan(for types: [TensorType], _ extents: [String: Int] = [:]) throws -> Plan {
        let key = PlanKey(types: types, extents: extents)
        if let plan = plans.withLock({ $0[key] }) { return plan }
        // Compiled outside the lock: at worst two callers compile the same plan.
        let plan = try Plan(
            model, inputs: types, extents: extents, workers: workers, cache: cache, passes: passes)
        plans.withLock {
            if $0.count >= Self.largestPlanCount { $0.removeAll() }
            $0[key] = plan
        }
        return plan
    }

    /// The operations that a batch of `rows` runs, in order.
    package func stepNames(rows: Int) throws -> [String] {
        try plan(rows: rows).program.stepNames
    }

    /// Bytes of intermediate values that a batch of `rows` needs.
    package func arenaByteCount(rows: Int) throws -> Int {
        try plan(rows: rows).program.arenaByteCount
    }

    /// What a prediction for `inputs` costs: the products of two numbers in matrix products,
    /// convolutions and attention, and the bytes of intermediate values.
    package func cost(of inputs: [Tensor]) throws -> (multiplyAdds: Int, arenaByteCount: Int) {
        let program = try plan(for: checked(inputs).map { TensorType($0.shape, $0.dtype) }).program
        return (program.multiplyAddCount, program.arenaByteCount)
    }

    /// Bytes of weights that were brought into another form.
    var cachedByteCount: Int { cache.byteCount }

    func plan(rows: Int) throws -> Plan {
        let types = try model.network.inputEntries.map { entry in
            guard let input = entry.layer as? Input else {
                throw ModelError.structure("'\(entry.name)' is no input")
            }
            return try input.type(batch: rows, unknown: 1)
        }
        return try plan(for: types)
    }
}
