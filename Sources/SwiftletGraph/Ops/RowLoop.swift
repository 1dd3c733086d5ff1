internal import SwiftletTensor
internal import Synchronization

/// Several operations for some rows of the batch at a time, so that what passes between them stays
/// in the caches; threads take different rows.
///
/// The results are those of the operations on the whole batch, bit for bit.
package struct RowLoop: Op {
    /// Runs the body for its own rows with one thread, and with all threads.
    private struct Programs: Sendable {
        let alone: Program
        let shared: Program
    }

    private let graph: Graph
    private let inputs: [Value]
    private let results: [Value]
    private let wholeTypes: [TensorType]
    private let hasRows: [Bool]
    /// How many times the body runs for a batch.
    package let sliceCount: Int
    private var programs: Programs?

    /// - Parameters:
    ///   - graph: the operations for one slice of the batch.
    ///   - inputs: placeholders, one for each operand.
    ///   - results: what is to leave the loop; each has rows.
    ///   - hasRows: whether each operand is cut into slices; the others are the same for all.
    ///   - types: of the results for the whole batch.
    package init(
        _ graph: Graph, inputs: [Value], results: [Value], hasRows: [Bool], types: [TensorType],
        sliceCount: Int
    ) {
        self.graph = graph
        self.inputs = inputs
        self.results = results
        self.hasRows = hasRows
        self.sliceCount = sliceCount
        wholeTypes = types
    }

    package var name: String { "rows" }

    /// What is run for each slice, once prepared.
    package var body: Program? { programs?.shared }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: self.inputs.count...self.inputs.count)
        for (index, type) in inputs.enumerated() {
            let slice = graph[self.inputs[index]]
            let expected = slice.byteCount * (hasRows[index] ? sliceCount : 1)
            guard type.dtype == slice.dtype, type.byteCount == expected else {
                throw refusal("\(slice) of \(sliceCount) slices expected, \(type) found")
            }
        }
        return wholeTypes
    }

    package func prepared(threads: Int) throws -> any Op {
        func program(threads: Int) throws -> Program {
            try Program(
                graph, inputs: inputs, outputs: results, threads: threads, placesOutputs: false)
        }
        var copy = self
        copy.programs = Programs(
            alone: try program(threads: 1), shared: try program(threads: threads))
        return copy
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        guard let programs else { return 0 }
        return max(
            min(threads, sliceCount) * Self.byteCount(of: programs.alone),
            Self.byteCount(of: programs.shared))
    }

    private static func byteCount(of program: Program) -> Int {
        (program.workspaceByteCount + 63) & -64
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        sliceCount * (body?.multiplyAddCount ?? 0)
    }

    package func kernel(inputs: [TensorType], outputs: [TensorType]) -> String {
        "\(sliceCount) × \(body?.stepNames.count ?? 0) operations"
    }

    package func evaluate(_ call: OpCall) throws {
        guard let programs else { preconditionFailure("the loop was not prepared") }
        if let observe = call.observe {
            for slice in 0..<sliceCount {
                try run(slice, of: programs.shared, call, at: call.scratch) {
                    try programs.shared.run($0, workers: call.workers, observing: observe)
                }
            }
            return
        }
        // As many slices as keep all threads at work, each with one; the rest with all.
        let threads = call.workers.count
        let apart = threads == 1 ? sliceCount : sliceCount / threads * threads
        try runApart(apart, of: programs.alone, call)
        for slice in apart..<sliceCount {
            try run(slice, of: programs.shared, call, at: call.scratch) {
                try programs.shared.run($0, workers: call.workers)
            }
        }
    }

    private func runApart(_ count: Int, of program: Program, _ call: OpCall) throws {
        let failure = Mutex<(any Error)?>(nil)
        call.workers.forEach(parts: count) { slice, thread in
            let memory = call.scratch + thread * Self.byteCount(of: program)
            do {
                try run(slice, of: program, call, at: memory) {
                    try program.run($0, workers: .single)
                }
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Runs one slice from and to its place in the operands and results.
    private func run(
        _ slice: Int, of program: Program, _ call: OpCall, at memory: UnsafeMutableRawPointer,
        _ body: (Workspace) throws -> Void
    ) throws {
        let workspace = program.workspace(in: memory)
        for (position, type) in program.inputTypes.enumerated() {
            let offset = hasRows[position] ? slice * type.byteCount : 0
            program.feed(position, from: call.input(position) + offset, into: workspace)
        }
        var copied: [Int] = []
        for (position, type) in program.outputTypes.enumerated() {
            let target = call.output(position) + slice * type.byteCount
            if !program.place(output: position, at: target, in: workspace) {
                copied.append(position)
            }
        }
        try body(workspace)
        for position in copied {
            let byteCount = program.outputTypes[position].byteCount
            (call.output(position) + slice * byteCount)
                .copyMemory(from: program.output(position, in: workspace), byteCount: byteCount)
        }
    }
}
