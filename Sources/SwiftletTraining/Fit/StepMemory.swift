internal import SwiftletGraph
internal import SwiftletTensor

/// A program for the rows of a rank, with the memory it runs in; for all rows where there are no ranks.
struct StepMemory {
    let program: Program
    private let workspace: Workspace
    private let memory: TensorStorage
    private let group: RankGroup?
    /// Outputs of which every rank has an addend.
    private let addends: [Int]

    /// - Parameters:
    ///   - inputs: what is fed, the tensors of the batch first.
    ///   - batch: the rows and the number of these tensors.
    init(
        _ graph: Graph, inputs: [Value], batch: (rows: Int, tensors: Int), outputs: [Value],
        threads: Int, group: RankGroup?
    ) throws {
        if let group, group.sharesOut(batch.rows) {
            var partition = try RowPartition(
                graph, batch: Array(inputs[..<batch.tensors]), rows: batch.rows, outputs: outputs,
                group: group)
            let results = try outputs.map { try partition.output($0) }
            program = try Program(
                partition.graph, inputs: inputs.map { partition[fed: $0] },
                outputs: results.map(\.value), threads: threads)
            addends = results.indices.filter { results[$0].isAddend }
        } else {
            program = try Program(graph, inputs: inputs, outputs: outputs, threads: threads)
            addends = []
        }
        self.group = group
        memory = try TensorStorage(byteCount: program.workspaceByteCount)
        workspace = program.workspace(in: memory.pointer)
    }

    func feed(_ position: Int, from address: UnsafeRawPointer) {
        program.feed(position, from: address, into: workspace)
    }

    func output(_ index: Int) -> UnsafeRawPointer { program.output(index, in: workspace) }

    func run(workers: Workers, observing observe: ((Int) -> Void)? = nil) throws {
        if let observe {
            try program.run(workspace, workers: workers, observing: observe)
        } else {
            try program.run(workspace, workers: workers)
        }
        try addUp()
    }

    /// Makes sums of the ranks' addends, in one message for all of them.
    private func addUp() throws {
        // Weights may share a derivative.
        var seen: Set<UnsafeRawPointer> = []
        try group?.sum(
            addends.compactMap { index in
                let address = output(index)
                guard seen.insert(address).inserted else { return nil }
                let numbers = UnsafeMutableRawPointer(mutating: address)
                return UnsafeMutableBufferPointer(
                    start: numbers.assumingMemoryBound(to: Float.self),
                    count: program.outputTypes[index].elementCount)
            })
    }
}
