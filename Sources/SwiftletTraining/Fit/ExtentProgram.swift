internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Measures an extent that a step's numbers decide, such as the height that images are brought to at
/// random: shapes are fixed in a program, so extents come first.
struct ExtentProgram {
    let name: String
    private let memory: StepMemory
    private let inputCount: Int
    private let counter: TensorStorage

    /// Nil if all extents are known.
    init?(
        _ graph: StepGraph, known: [String: Int], rows: Int, threads: Int, group: RankGroup?
    ) throws {
        let lowering = graph.lowering
        guard let next = lowering.measuredExtents.first(where: { known[$0.name] == nil }) else {
            return nil
        }
        name = next.name
        inputCount = graph.inputs.count
        let fed = graph.inputs + [lowering.usedStepCounter].compactMap(\.self)
        memory = try StepMemory(
            lowering.graph, inputs: fed, batch: (rows, inputCount), outputs: [next.value],
            threads: threads, group: group)
        counter = try TensorStorage(byteCount: MemoryLayout<Int64>.stride, zeroed: true)
        if fed.count > inputCount {
            memory.feed(inputCount, from: counter.pointer)
        }
    }

    func extent(_ batch: BatchMemory, step: Int64, workers: Workers) throws -> Int {
        for (index, address) in batch.inputs.enumerated() {
            memory.feed(index, from: address)
        }
        counter.pointer.storeBytes(of: step, as: Int64.self)
        try memory.run(workers: workers)
        return Int(memory.output(0).load(as: Int64.self))
    }
}
