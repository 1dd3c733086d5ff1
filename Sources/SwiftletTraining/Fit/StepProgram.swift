internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// A step compiled for one batch shape, with the memory it runs in.
struct StepProgram {
    /// The names and metrics of what a step measures.
    let outputLossNames: [String]
    let metrics: [(name: String, metric: Metric)]
    /// The weights whose values a step gives anew (statistics), as indices of the model's weights.
    private let updates: [Int]
    private let trainedCount: Int
    private let gradientOutputs: [Int?]
    private let squareOutputs: [Int?]
    private let squareSumOutputs: [Int?]
    private let firstUpdateOutput: Int
    /// What stateful layers take from the step before and give to the next one.
    let carried: [(path: String, type: TensorType)]
    private let firstCarriedPosition: Int
    private let firstCarriedOutput: Int
    private let program: Program
    private let memory: TensorStorage
    private let workspace: Workspace
    private let inputCount: Int
    /// Fed positions of targets, by output.
    private let targetPositions: [Int?]
    private let sampleWeightPosition: Int?
    private let counterPosition: Int?
    private let scalePosition: Int?
    private let firstWeightPosition: Int
    private let counter: TensorStorage
    private let scale: TensorStorage

    init(_ graph: StepGraph, weights: [WeightSpec], threads: Int) throws {
        let lowering = graph.lowering
        var fed = graph.inputs
        inputCount = fed.count
        targetPositions = graph.targets.map { target in
            guard let target else { return nil }
            fed.append(target)
            return fed.count - 1
        }
        func append(_ value: Value?) -> Int? {
            guard let value else { return nil }
            fed.append(value)
            return fed.count - 1
        }
        sampleWeightPosition = append(graph.sampleWeights)
        counterPosition = append(lowering.usedStepCounter)
        scalePosition = append(graph.lossScale)
        firstWeightPosition = fed.count
        fed += try weights.map { spec in
            guard let value = lowering.weight(path: spec.path) else {
                throw ModelError.weight(path: spec.path, cause: "is not used")
            }
            return value
        }
        let states = lowering.carriedStates
        carried = states.map { ($0.path, lowering.graph[$0.start]) }
        firstCarriedPosition = fed.count
        fed += states.map(\.start)

        var outputs = [graph.loss]
        outputLossNames = graph.outputLosses.map(\.name)
        outputs += graph.outputLosses.map(\.value)
        metrics = graph.metrics.map { ($0.name, $0.metric) }
        outputs += graph.metrics.map(\.statistics)
        trainedCount = graph.gradients.count
        func appendOutput(_ value: Value?) -> Int? {
            guard let value else { return nil }
            outputs.append(value)
            return outputs.count - 1
        }
        gradientOutputs = graph.gradients.map(appendOutput)
        squareOutputs = graph.lookupSums.map { appendOutput($0?.squares) }
        squareSumOutputs = graph.lookupSums.map { appendOutput($0?.squareSum) }
        firstUpdateOutput = outputs.count
        var updates: [Int] = []
        if lowering.isTraining {
            for (path, value) in lowering.updates {
                guard let index = weights.firstIndex(where: { $0.path == path }) else {
                    throw ModelError.weight(path: path, cause: "is updated but not declared")
                }
                updates.append(index)
                outputs.append(value)
            }
        }
        self.updates = updates
        firstCarriedOutput = outputs.count
        outputs += states.map(\.end)
        program = try Program(lowering.graph, inputs: fed, outputs: outputs, threads: threads)
        memory = try TensorStorage(byteCount: program.workspaceByteCount)
        workspace = program.workspace(in: memory.pointer)
        counter = try TensorStorage(byteCount: MemoryLayout<Int64>.stride, zeroed: true)
        if let counterPosition {
            program.feed(counterPosition, from: counter.pointer, into: workspace)
        }
        scale = try TensorStorage(byteCount: MemoryLayout<Float>.stride, zeroed: true)
        if let scalePosition {
            program.feed(scalePosition, from: scale.pointer, into: workspace)
        }
    }

    // MARK: Feeding

    func feed(_ batch: BatchMemory) {
        for (index, address) in batch.inputs.enumerated() {
            program.feed(index, from: address, into: workspace)
        }
        for (position, address) in zip(targetPositions, batch.targets) {
            guard let position, let address else { continue }
            program.feed(position, from: address, into: workspace)
        }
        if let sampleWeightPosition, let address = batch.sampleWeights {
            program.feed(sampleWeightPosition, from: address, into: workspace)
        }
    }

    func feed(lossScale: Float) { scale.pointer.storeBytes(of: lossScale, as: Float.self) }

    /// - Parameter step: what random operations count with.
    /// - Parameter clock: takes the time of every operation; nil for none.
    func run(
        step: Int64, weights: borrowing [Tensor], states: CarriedStates, workers: Workers,
        clock: StepClock? = nil
    ) throws {
        counter.pointer.storeBytes(of: step, as: Int64.self)
        for index in weights.indices {
            program.feed(
                firstWeightPosition + index, from: weights[index].storage.pointer, into: workspace)
        }
        for (index, state) in carried.enumerated() {
            let tensor = try states.start(state.path, state.type)
            program.feed(
                firstCarriedPosition + index, from: tensor.storage.pointer, into: workspace)
        }
        guard let clock else { return try program.run(workspace, workers: workers) }
        let steps = program.stepDescriptions
        clock.restart()
        try program.run(workspace, workers: workers) { clock.took(steps[$0]) }
    }

    // MARK: Results

    var loss: Float { scalar(0) }

    func outputLoss(_ index: Int) -> Float { scalar(1 + index) }

    func addStatistics(_ index: Int, to sums: inout [Double]) {
        let output = 1 + outputLossNames.count + index
        let count = program.outputTypes[output].shape.elementCount
        let numbers = program.output(output, in: workspace).assumingMemoryBound(to: Float.self)
        if sums.isEmpty { sums = [Double](repeating: 0, count: count) }
        for place in 0..<count { sums[place] += Double(numbers[place]) }
    }

    /// One per trained weight; valid until the next run.
    var gradients: [Gradient?] {
        gradientOutputs.indices.map { index in
            guard let elements = floats(gradientOutputs[index]) else { return nil }
            guard index < squareSumOutputs.count, let sum = floats(squareSumOutputs[index]) else {
                return Gradient(elements)
            }
            return Gradient(
                elements, squares: floats(squareOutputs[index]), squareSum: Double(sum[0]))
        }
    }

    private func floats(_ output: Int?) -> UnsafePointer<Float>? {
        output.map { program.output($0, in: workspace).assumingMemoryBound(to: Float.self) }
    }

    /// Writes new statistics to the weights.
    func applyUpdates(to weights: inout [Tensor]) throws {
        for (place, index) in updates.enumerated() {
            let source = program.output(firstUpdateOutput + place, in: workspace)
            try weights[index].withUnsafeMutableBytes {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: $0.count))
            }
        }
    }

    /// Takes over what the next step goes on from.
    func keepStates(in states: inout CarriedStates) throws {
        for (index, state) in carried.enumerated() {
            try states.keep(
                state.path, program.output(firstCarriedOutput + index, in: workspace))
        }
    }

    private func scalar(_ output: Int) -> Float {
        program.output(output, in: workspace).load(as: Float.self)
    }
}
