internal import SwiftletTensor

/// Back-propagation through time: the body's gradient, run from the last step to the first.
///
/// Operands: the scan's sequences, its invariants, the states before each step, then the
/// derivatives with respect to the last states and to the stacked outputs. Results: the derivatives
/// with respect to the operands of the scan listed in ``targets``.
package struct ScanGradient: Op {
    private let body: ScanBody
    private let isReversed: Bool
    /// The body with its gradient; one seed per new state and output.
    private let graph: Graph
    private let seeds: [Value]
    private let results: [Value]
    /// The operands of the scan that get a derivative, in the order of the results.
    package let targets: [Int]
    private var program: Program?

    package init(body: ScanBody, isReversed: Bool) throws {
        var graph = body.graph
        var pairs: [(value: Value, seed: Value)] = []
        for value in body.newStates + body.outputs {
            pairs.append((value, try graph.placeholder("seed \(pairs.count)", graph[value])))
        }
        let operands = body.states + body.slices + body.invariants
        let floating = operands.indices.filter { graph[operands[$0]].dtype == .float32 }
        let gradients = try graph.gradients(
            of: pairs, withRespectTo: floating.map { operands[$0] })
        var targets: [Int] = []
        var results: [Value] = []
        for (operand, gradient) in zip(floating, gradients) {
            // A state always has one, so that the chain of steps is not broken.
            guard gradient != nil || operand < body.states.count else { continue }
            targets.append(operand)
            results.append(
                try gradient
                    ?? graph.constant(Tensor(zeros: graph.shape(of: operands[operand]))))
        }
        self.body = body
        self.isReversed = isReversed
        self.graph = graph
        self.targets = targets
        self.results = results
        seeds = pairs.map(\.seed)
    }

    package var name: String { "scan_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let states = body.states.count
        let operands = body.states + body.slices + body.invariants
        let count = operands.count + states + body.outputs.count
        try expect(inputs, count: count...count)
        return targets.map { target in
            (states..<states + body.slices.count).contains(target)
                ? inputs[target - states] : graph[operands[target]]
        }
    }

    package func prepared(threads: Int) throws -> any Op {
        var copy = self
        copy.program = try Program(
            graph, inputs: body.states + body.slices + body.invariants + seeds, outputs: results,
            threads: threads)
        return copy
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        let seedBytes = seeds.map { (graph[$0].byteCount + 63) & -64 }
        return (program?.workspaceByteCount ?? 0) + 64 + body.sliceByteCounts.reduce(0, +)
            + seedBytes.reduce(0, +) + body.stateByteCount
    }

    package func evaluate(_ call: OpCall) throws {
        guard let program else { preconditionFailure("scan gradient was not prepared") }
        let workspace = program.workspace(in: call.scratch)
        let slices = body.slices.count
        let states = body.states.count
        var memory = call.scratch + (program.workspaceByteCount + 63) & -64
        let sequences = SequenceSlices(
            of: body.slices, in: graph, offset: 0, call: call, buffers: memory)
        memory += body.sliceByteCounts.reduce(0, +)
        let outputSeeds = SequenceSlices(
            of: Array(seeds[states...]), in: graph,
            offset: slices + body.invariants.count + 2 * states, call: call, buffers: memory)
        let outputSeedBytes = seeds[states...].map { (graph[$0].byteCount + 63) & -64 }
        let spare = memory + outputSeedBytes.reduce(0, +)
        feedInvariants(call, program, workspace)
        clearAccumulators(call)
        let histories = slices + body.invariants.count
        let firstSeed = states + slices + body.invariants.count
        for state in 0..<states {
            call.output(state).copyMemory(
                from: call.input(histories + states + state),
                byteCount: call.outputTypes[state].byteCount)
            program.feed(firstSeed + state, from: call.output(state), into: workspace)
        }
        let steps = call.inputTypes[0].shape[1]
        for number in 0..<steps {
            let step = isReversed ? number : steps - 1 - number
            for state in 0..<states {
                let history = call.input(histories + state)
                program.feed(
                    state, from: history + step * call.outputTypes[state].byteCount,
                    into: workspace)
            }
            for slice in 0..<slices {
                program.feed(states + slice, from: sequences.slice(slice, step), into: workspace)
            }
            for output in body.outputs.indices {
                program.feed(
                    firstSeed + states + output, from: outputSeeds.slice(output, step),
                    into: workspace)
            }
            try program.run(workspace, workers: call.workers)
            collect(call, program, workspace, step: step)
            call.replaceOutputs(count: states, spare: spare) {
                program.output($0, in: workspace)
            }
        }
    }

    private func feedInvariants(_ call: OpCall, _ program: Program, _ workspace: Workspace) {
        let slices = body.slices.count
        for index in body.invariants.indices {
            program.feed(
                body.states.count + slices + index, from: call.input(slices + index),
                into: workspace)
        }
    }

    private func clearAccumulators(_ call: OpCall) {
        let invariants = body.states.count + body.slices.count
        for (position, target) in targets.enumerated() where target >= invariants {
            call.outputFloats(position)
                .update(repeating: 0, count: call.outputTypes[position].elementCount)
        }
    }

    private func collect(_ call: OpCall, _ program: Program, _ workspace: Workspace, step: Int) {
        let states = body.states.count
        for (position, target) in targets.enumerated() where target >= states {
            let gradient = program.output(position, in: workspace)
            if target < states + body.slices.count {
                scatter(gradient, into: call, output: position, step: step)
            } else {
                let sum = call.outputFloats(position)
                let addend = gradient.assumingMemoryBound(to: Float.self)
                for index in 0..<call.outputTypes[position].elementCount {
                    sum[index] += addend[index]
                }
            }
        }
    }
}
