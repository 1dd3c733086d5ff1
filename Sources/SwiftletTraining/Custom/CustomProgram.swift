internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// A step of ``CustomTraining`` compiled for one batch shape, with the memory it runs in.
final class CustomProgram {
    private let program: Program
    private let memory: TensorStorage
    private let workspace: Workspace
    private let counter: TensorStorage
    private let counterPosition: Int?
    /// Weights that are used, and where they are fed.
    private let weights: [(member: Int, weight: Int, position: Int)]
    /// Output positions of the gradients, per trained model.
    private let gradientOutputs: [[Int?]]
    private let updates: [(member: Int, weight: Int, output: Int)]

    init(
        _ body: CustomTraining.Body, inputs types: [TensorType], members: [TrainedModel],
        trained: [Int], threads: Int
    ) throws {
        var lowering = Lowering(isTraining: true, weights: .placeholders)
        var fed = try types.enumerated().map {
            try lowering.graph.placeholder("input \($0)", $1)
        }
        let loss = try body(&lowering, fed)
        guard lowering.graph[loss] == TensorType(.scalar) else {
            throw TrainingError.loss("one number expected, \(lowering.graph[loss]) found")
        }
        if let extent = lowering.measuredExtents.first {
            throw TrainingError.loss("'\(extent.name)' depends on the numbers of the batch")
        }
        func path(_ member: Int, _ weight: Int) -> String {
            members[member].name + "/" + members[member].specs[weight].path
        }
        var used: [(member: Int, weight: Int, position: Int)] = []
        for member in members.indices {
            for weight in members[member].specs.indices {
                guard let value = lowering.weight(path: path(member, weight)) else { continue }
                used.append((member, weight, fed.count))
                fed.append(value)
            }
        }
        if let counter = lowering.usedStepCounter { fed.append(counter) }
        counterPosition = lowering.usedStepCounter == nil ? nil : fed.count - 1

        let wanted = trained.map { member in
            members[member].trained.map { lowering.usedWeight(path: path(member, $0)) }
        }
        let found = try lowering.graph.gradients(
            of: loss, withRespectTo: wanted.joined().compactMap { $0 })
        guard found.contains(where: { $0 != nil }) else {
            throw TrainingError.loss("it depends on no weight that is trained")
        }
        var outputs = [loss]
        var rest = found[...]
        gradientOutputs = wanted.map { values in
            values.map { value in
                guard value != nil, let gradient = rest.popFirst() ?? nil else { return nil }
                outputs.append(gradient)
                return outputs.count - 1
            }
        }
        var updates: [(member: Int, weight: Int, output: Int)] = []
        for (updated, value) in lowering.updates {
            guard let place = used.first(where: { path($0.member, $0.weight) == updated }) else {
                continue
            }
            updates.append((place.member, place.weight, outputs.count))
            outputs.append(value)
        }
        (weights, self.updates) = (used, updates)
        program = try Program(lowering.graph, inputs: fed, outputs: outputs, threads: threads)
        memory = try TensorStorage(byteCount: program.workspaceByteCount)
        workspace = program.workspace(in: memory.pointer)
        counter = try TensorStorage(byteCount: MemoryLayout<Int64>.stride, zeroed: true)
        if let counterPosition {
            program.feed(counterPosition, from: counter.pointer, into: workspace)
        }
    }

    /// - Parameter step: what random operations count with.
    func run(
        _ inputs: [Tensor], _ members: [TrainedModel], step: Int64, _ workers: Workers
    ) throws {
        counter.pointer.storeBytes(of: step, as: Int64.self)
        for (position, input) in inputs.enumerated() {
            program.feed(position, from: input.storage.pointer, into: workspace)
            if let texts = input.strings { program.feed(position, texts: texts, into: workspace) }
        }
        for (member, weight, position) in weights {
            let tensor = members[member].weights[weight]
            program.feed(position, from: tensor.storage.pointer, into: workspace)
        }
        try withExtendedLifetime((inputs, members)) {
            try program.run(workspace, workers: workers)
        }
    }

    // Results are valid until the next run.

    var loss: Float { program.output(0, in: workspace).load(as: Float.self) }

    /// - Parameter position: among the models that the step trains.
    func gradients(of position: Int) -> [UnsafePointer<Float>?] {
        gradientOutputs[position].map { output in
            output.map {
                program.output($0, in: workspace).assumingMemoryBound(to: Float.self)
            }
        }
    }

    /// Writes new statistics to the models' weights.
    func applyUpdates(to members: inout [TrainedModel]) throws {
        for (member, weight, output) in updates {
            try members[member].update(weight, from: program.output(output, in: workspace))
        }
    }
}
