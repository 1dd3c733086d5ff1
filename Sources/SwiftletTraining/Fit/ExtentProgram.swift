internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Measures an extent that a step's numbers decide, such as the height that images are brought to at
/// random: shapes are fixed in a program, so extents come first.
struct ExtentProgram {
    let name: String
    private let program: Program
    private let memory: TensorStorage
    private let workspace: Workspace
    private let inputCount: Int
    private let counter: TensorStorage

    /// Nil if all extents are known.
    init?(_ graph: StepGraph, known: [String: Int], threads: Int) throws {
        let lowering = graph.lowering
        guard let next = lowering.measuredExtents.first(where: { known[$0.name] == nil }) else {
            return nil
        }
        name = next.name
        inputCount = graph.inputs.count
        let fed = graph.inputs + [lowering.usedStepCounter].compactMap(\.self)
        program = try Program(lowering.graph, inputs: fed, outputs: [next.value], threads: threads)
        memory = try TensorStorage(byteCount: program.workspaceByteCount)
        workspace = program.workspace(in: memory.pointer)
        counter = try TensorStorage(byteCount: MemoryLayout<Int64>.stride, zeroed: true)
        if fed.count > inputCount {
            program.feed(inputCount, from: counter.pointer, into: workspace)
        }
    }

    func extent(_ batch: BatchMemory, step: Int64, workers: Workers) throws -> Int {
        for (index, address) in batch.inputs.enumerated() {
            program.feed(index, from: address, into: workspace)
        }
        counter.pointer.storeBytes(of: step, as: Int64.self)
        try program.run(workspace, workers: workers)
        return Int(program.output(0, in: workspace).load(as: Int64.self))
    }
}
