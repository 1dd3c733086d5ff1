internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// A model's weights at work: steps over batches, for training and for evaluation.
///
/// Holds the weights as plain tensors that steps read and change in place.
final class Trainer {
    let network: Network
    let setup: ResolvedSetup
    let workers: Workers
    /// The ranks that share out every batch; nil if there is one only.
    let group: RankGroup?
    let specs: [WeightSpec]
    private(set) var weights: [Tensor]
    /// Positions of the trained ones among all weights.
    private let trained: [Int]
    /// What stateful layers go on from.
    var states: CarriedStates
    var optimizer: OptimizerState?
    /// Takes the times of training steps, if somebody wants them.
    var clock: StepClock?
    /// The program of the last step of training, which still has its gradients.
    private var lastProgram: StepProgram?
    /// What that step's loss was multiplied by.
    private var lastScale: Float = 1
    private var constraints: [(weight: Int, program: ConstraintProgram)] = []
    private var programs: [Key: StepProgram] = [:]
    /// What measures the next extent where those in the key are known; nil where all are.
    private var measures: [Key: ExtentProgram?] = [:]
    /// Programs that are kept where extents change from step to step.
    private static let mostPrograms = 64
    /// Where the seed lets the steps' random numbers begin; they count with 32 bits.
    private let firstCounter: UInt32

    private struct Key: Hashable {
        let types: BatchTypes
        let isTraining: Bool
        var extents: [String: Int] = [:]
    }

    /// - Parameter optimizer: nil for evaluation only.
    init(
        _ model: Model, setup: TrainingSetup, trains: Bool, seed: UInt64, workers: Workers,
        group: RankGroup?
    ) throws {
        self.group = group
        network = model.network
        states = CarriedStates(model.states)
        self.setup = try ResolvedSetup(setup, outputs: model.outputNames)
        self.workers = workers
        let specs = try model.network.shapes().weights
        let weights = try specs.map { spec in
            guard let tensor = model.tensors[spec.path] else {
                throw ModelError.weight(path: spec.path, cause: "has no values yet")
            }
            return try tensor.converted(to: spec.dtype)
        }
        let trained = specs.indices.filter { specs[$0].isOptimized }
        (self.specs, self.weights, self.trained) = (specs, weights, trained)
        firstCounter = UInt32(truncatingIfNeeded: (seed &* 0x9e37_79b9_7f4a_7c15) >> 32)
        guard trains else { return }
        optimizer = try OptimizerState(
            setup.optimizer, weights: trained.map { (specs[$0].path, specs[$0].shape) },
            values: trained.map { weights[$0] }, model: model.name)
        constraints = try trained.compactMap { index in
            guard let constraint = specs[index].constraint else { return nil }
            let program = try ConstraintProgram(
                constraint, shape: specs[index].shape, threads: workers.count)
            return (index, program)
        }
    }

    /// The step on a batch that is loaded.
    private func program(
        _ types: BatchTypes, _ batch: BatchMemory, step: Int64, isTraining: Bool
    ) throws -> StepProgram {
        var key = Key(types: types, isTraining: isTraining)
        while let measure = try measure(key) {
            key.extents[measure.name] = try measure.extent(batch, step: step, workers: workers)
        }
        if let program = programs[key] { return program }
        let program = try StepProgram(
            graph(key), weights: specs, rows: types.rows, threads: workers.count, group: group)
        try check(types, state: program.carried.first?.path)
        if programs.count >= Self.mostPrograms { programs.removeAll() }
        programs[key] = program
        return program
    }

    /// Refuses batches of another size than the one that a model with states was made for.
    private func check(_ types: BatchTypes, state path: String?) throws {
        let declared = network.inputEntries.lazy.compactMap { ($0.layer as? Input)?.batchSize }
            .first
        guard let path, let declared, types.rows != declared else { return }
        throw ModelError.layer(
            place: path.split(separator: "/").dropLast().joined(separator: "/"), className: "RNN",
            cause:
                "a stateful layer of a model for batches of \(declared) samples got \(types.rows)")
    }

    private func measure(_ key: Key) throws -> ExtentProgram? {
        if let known = measures[key] { return known }
        let measure = try ExtentProgram(
            graph(key), known: key.extents, rows: key.types.rows, threads: workers.count,
            group: group)
        if measures.count >= Self.mostPrograms { measures.removeAll() }
        measures.updateValue(measure, forKey: key)
        return measure
    }

    private func graph(_ key: Key) throws -> StepGraph {
        try StepGraph(
            network, setup, key.types, isTraining: key.isTraining, extents: key.extents,
            scalesLoss: optimizer?.lossScale != nil,
            lookups: optimizer?.lookupRules ?? [])
    }

    // MARK: Steps

    /// One step of training on a batch.
    func train(_ pass: BatchFeeder.Pass, batch index: Int, into totals: inout Totals) throws {
        let step = firstCounter &+ UInt32(truncatingIfNeeded: optimizer?.iteration ?? 0)
        clock?.beginStep()
        let batch = pass.batch(index)
        clock?.took(.data, "batch")
        let program = try program(
            pass.feeder.types(rows: batch.count), batch, step: Int64(step), isTraining: true)
        program.feed(batch)
        lastProgram = program
        lastScale = optimizer?.lossScale ?? 1
        program.feed(lossScale: lastScale)
        try run(program, step: Int64(step), clock: clock)
        totals.add(program, samples: batch.count)
        clock?.restart()
        try program.applyUpdates(to: &weights)
        try applyGradients(program.gradients)
        clock?.took(.optimizer, "update")
    }

    private func run(_ program: StepProgram, step: Int64, clock: StepClock? = nil) throws {
        try states.prepare(program.carried)
        try program.run(
            step: step, weights: weights, states: states, workers: workers, clock: clock)
        try program.keepStates(in: &states)
    }

    /// The norms of the last step's gradients.
    var gradientNorms: [(weight: String, norm: Double)] {
        guard let lastProgram else { return [] }
        return zip(trained, lastProgram.gradients).compactMap { index, gradient in
            gradient.map {
                let sum = sumOfSquares($0.elements, specs[index].shape.elementCount, workers)
                return (specs[index].path, sum.squareRoot() / Double(lastScale))
            }
        }
    }

    private func applyGradients(_ gradients: [Gradient?]) throws {
        guard !trained.isEmpty, gradients.contains(where: { $0 != nil }) else { return }
        // Taken out of the array, so that they are written in place and not copied.
        var values = takeTrained()
        defer { for (place, index) in trained.enumerated() { weights[index] = values[place] } }
        try optimizer?.apply(gradients, to: &values, workers: workers)
        for (weight, program) in constraints {
            guard let place = trained.firstIndex(of: weight), gradients[place] != nil else {
                continue
            }
            try program.apply(to: &values[place], workers: workers)
        }
    }

    /// The trained weights, which are elsewhere until they are put back.
    private func takeTrained() -> [Tensor] {
        trained.map { index in
            let tensor = weights[index]
            weights[index] = Self.nothing
            return tensor
        }
    }

    private static let nothing: Tensor = {
        do {
            return try Tensor(zeros: .vector(0))
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// Loss and metrics of the samples, as at inference.
    func evaluate(_ feeder: BatchFeeder, isStopped: () throws -> Bool = { false }) throws -> Totals
    {
        var totals = Totals(setup)
        let pass = feeder.pass()
        for index in 0..<feeder.batchCount {
            if try isStopped() { break }
            let batch = pass.batch(index)
            let program = try program(
                feeder.types(rows: batch.count), batch, step: 0, isTraining: false)
            program.feed(batch)
            try run(program, step: 0)
            totals.add(program, samples: batch.count)
        }
        return totals
    }

    /// Whether the averages are in place of the weights.
    var showsAverages = false

    /// Puts the averages in place of the weights, and these in place of the averages.
    func swapAverages() {
        guard let averages = optimizer?.averages else { return }
        let values = trained.map { weights[$0] }
        for (place, index) in trained.enumerated() {
            if let average = averages[place] { weights[index] = average }
        }
        optimizer?.setAverages(values)
        showsAverages.toggle()
    }

    /// The end of training: averaged weights where the optimizer keeps them.
    func finish() {
        if showsAverages {
            optimizer?.setAverages(trained.map { weights[$0] })
            showsAverages = false
        }
        guard let optimizer else { return }
        var values = takeTrained()
        optimizer.finish(&values)
        for (place, index) in trained.enumerated() { weights[index] = values[place] }
    }

    // MARK: Weights

    /// The weights by path.
    var tensors: [String: Tensor] {
        Dictionary(uniqueKeysWithValues: zip(specs.map(\.path), weights))
    }

    /// The weights in the model's order.
    var namedWeights: [(name: String, tensor: Tensor)] {
        zip(specs, weights).map { ($0.path, $1) }
    }

    /// A number that tells how far the training is and with which weights.
    var digest: UInt64 {
        weights.reduce(UInt64(optimizer?.iteration ?? 0)) { sum, tensor in
            var hash = sum
            tensor.forEachPiece { hash = checksum($0, seed: hash) }
            return hash
        }
    }

    /// Goes back to weights and an optimizer's state of before; false if they are of other weights.
    func restore(
        _ saved: [(name: String, tensor: Tensor)],
        optimizer variables: [(name: String, value: Tensor)], states: [String: Tensor]
    ) throws -> Bool {
        guard
            saved.elementsEqual(
                specs,
                by: {
                    $0.name == $1.path && $0.tensor.shape == $1.shape && $0.tensor.dtype == $1.dtype
                }
            )
        else { return false }
        weights = saved.map(\.tensor)
        self.states = CarriedStates(states)
        try optimizer?.restore(variables)
        return true
    }

    func setWeights(_ tensors: [String: Tensor]) throws {
        for (index, spec) in specs.enumerated() {
            guard let tensor = tensors[spec.path], tensor.shape == spec.shape else { continue }
            weights[index] = try tensor.converted(to: spec.dtype)
        }
    }
}
