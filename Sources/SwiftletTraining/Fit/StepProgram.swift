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
    private let memory: StepMemory
    private let inputCount: Int
    /// Fed positions of targets, by output.
    private let targetPositions: [Int?]
    private let sampleWeightPosition: Int?
    private let counterPosition: Int?
    private let scalePosition: Int?
    private let firstWeightPosition: Int
    private let counter: TensorStorage
    private let scale: TensorStorage

    /// - Parameters:
    ///   - rows: samples of the whole batch.
    ///   - group: the ranks that share them out.
    init(
        _ graph: StepGraph, weights: [WeightSpec], rows: Int, threads: Int, group: RankGroup?
    ) throws {
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
        let batchTensors = fed.count
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
        memory = try StepMemory(
            lowering.graph, inputs: fed, batch: (rows, batchTensors), outputs: outputs,
            threads: threads, group: group)
        counter = try TensorStorage(byteCount: MemoryLayout<Int64>.stride, zeroed: true)
        if let counterPosition {
            memory.feed(counterPosition, from: counter.pointer)
        }
        scale = try TensorStorage(byteCount: MemoryLayout<Float>.stride, zeroed: true)
        if let scalePosition {
            memory.feed(scalePosition, from: scale.pointer)
        }
    }

    // MARK: Feeding

    func feed(_ batch: BatchMemory) {
        for (index, address) in batch.inputs.enumerated() {
            memory.feed(index, from: address)
        }
        for (position, address) in zip(targetPositions, batch.targets) {
            guard let position, let address else { continue }
            memory.feed(position, from: address)
        }
        if let sampleWeightPosition, let address = batch.sampleWeights {
            memory.feed(sampleWeightPosition, from: address)
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
            memory.feed(firstWeightPosition + index, from: weights[index].storage.pointer)
        }
        for (index, state) in carried.enumerated() {
            let tensor = try states.start(state.path, state.type)
            memory.feed(firstCarriedPosition + index, from: tensor.storage.pointer)
        }
        guard let clock else { return try memory.run(workers: workers) }
        let steps = memory.program.stepDescriptions
        clock.restart()
        try memory.run(workers: workers) { clock.took(steps[$0]) }
    }

    // MARK: Results

    var loss: Float { scalar(0) }

    func outputLoss(_ index: Int) -> Float { scalar(1 + index) }

    func addStatistics(_ index: Int, to sums: inout [Double]) {
        let output = 1 + outputLossNames.count + index
        let count = memory.program.outputTypes[output].shape.elementCount
        let numbers = memory.output(output).assumingMemoryBound(to: Float.self)
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
        output.map { memory.output($0).assumingMemoryBound(to: Float.self) }
    }

    /// Writes new statistics to the weights.
    func applyUpdates(to weights: inout [Tensor]) throws {
        for (place, index) in updates.enumerated() {
            let source = memory.output(firstUpdateOutput + place)
            try weights[index].withUnsafeMutableBytes {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: $0.count))
            }
        }
    }

    /// Takes over what the next step goes on from.
    func keepStates(in states: inout CarriedStates) throws {
        for (index, state) in carried.enumerated() {
            try states.keep(
                state.path, memory.output(firstCarriedOutput + index))
        }
    }

    private func scalar(_ output: Int) -> Float {
        memory.output(output).load(as: Float.self)
    }
}
