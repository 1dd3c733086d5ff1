internal import SwiftletTensor

/// Runs a body once per time step, carrying states from each to the next: every recurrent layer.
///
/// Operands: the initial states, then the sequences `[batch, time, …]`, then what is the same in
/// every step (weights, dropout masks). The body takes states, one slice `[batch, …]` of each
/// sequence, and the invariants; it gives the new states, then the step's outputs.
///
/// Results: the last states, the outputs stacked to `[batch, time, …]`, and with ``keepsStates``
/// each state's values before every step, `[time, …]`, which the gradient reads.
package struct Scan: Op {
    package let body: ScanBody
    /// Whether the sequences are run from their last step to their first; outputs keep the order
    /// of the sequences.
    package let isReversed: Bool
    package let keepsStates: Bool
    /// What the body computes, if the kernels know it as a whole.
    package let form: RecurrentForm?
    private var program: Program?

    package init(
        body: ScanBody, isReversed: Bool = false, keepsStates: Bool = false,
        form: RecurrentForm? = nil
    ) {
        self.body = body
        self.form = form
        self.isReversed = isReversed
        self.keepsStates = keepsStates
    }

    package var name: String { "scan" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let steps = try body.stepCount(inputs, op: self)
        let graph = body.graph
        var types = body.newStates.map { graph[$0] }
        types += try body.outputs.map { try stacked(graph[$0], steps: steps) }
        if keepsStates {
            types += try body.states.map {
                TensorType(try Shape([steps] + graph.shape(of: $0).dimensions), graph[$0].dtype)
            }
        }
        return types
    }

    package func prepared(threads: Int) throws -> any Op {
        var copy = self
        copy.program = try Program(
            body.graph, inputs: body.states + body.slices + body.invariants,
            outputs: body.newStates + body.outputs, threads: threads)
        return copy
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        (program?.workspaceByteCount ?? 0) + body.sliceByteCounts.reduce(0, +)
            + body.stateByteCount
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        inputs[body.states.count].shape[1] * (program?.multiplyAddCount ?? 0)
    }

    package func evaluate(_ call: OpCall) throws {
        guard let program else { preconditionFailure("scan was not prepared") }
        let workspace = program.workspace(in: call.scratch)
        let states = body.states.count
        let buffers = call.scratch + (program.workspaceByteCount + 63) & -64
        let sequences = SequenceSlices(
            of: body.slices, in: body.graph, offset: states, call: call, buffers: buffers)
        let spare = buffers + body.sliceByteCounts.reduce(0, +)
        let steps = call.inputTypes[states].shape[1]
        let invariants = states + body.slices.count
        for index in body.invariants.indices {
            program.feed(
                invariants + index, from: call.input(invariants + index), into: workspace)
        }
        // The states live in the outputs from the first step on.
        for state in 0..<states {
            call.output(state).copyMemory(
                from: call.input(state), byteCount: call.outputTypes[state].byteCount)
            program.feed(state, from: call.output(state), into: workspace)
        }
        for number in 0..<steps {
            let step = isReversed ? steps - 1 - number : number
            for slice in body.slices.indices {
                program.feed(states + slice, from: sequences.slice(slice, step), into: workspace)
            }
            if keepsStates { keepStates(call, step: step) }
            try program.run(workspace, workers: call.workers)
            for output in body.outputs.indices {
                scatter(
                    program.output(states + output, in: workspace), into: call,
                    output: states + output, step: step)
            }
            call.replaceOutputs(count: states, spare: spare) {
                program.output($0, in: workspace)
            }
        }
    }

    private func keepStates(_ call: OpCall, step: Int) {
        let histories = body.states.count + body.outputs.count
        for state in body.states.indices {
            let bytes = call.outputTypes[state].byteCount
            (call.output(histories + state) + step * bytes)
                .copyMemory(from: call.output(state), byteCount: bytes)
        }
    }

    private func stacked(_ type: TensorType, steps: Int) throws -> TensorType {
        guard type.rank > 0 else { throw refusal("a step's output has no batch axis") }
        var dimensions = type.shape.dimensions
        dimensions.insert(steps, at: 1)
        return TensorType(try Shape(dimensions), type.dtype)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        if !keepsStates {
            // Nobody planned for a derivative: run once more, keeping the states.
            let copy = Scan(body: body, isReversed: isReversed, keepsStates: true)
            let outputs = try graph.append(copy, node.inputs)
            let kept = graph.nodes[outputs[0].node]
            return try copy.gradients(of: kept, outputGradients, in: &graph)
        }
        guard (body.newStates + body.outputs).allSatisfy({ body.graph[$0].dtype == .float32 })
        else {
            throw GraphError.notDifferentiable(op: "scan of integers")
        }
        let gradient = try ScanGradient(body: body, isReversed: isReversed)
        var inputs = Array(node.inputs[body.states.count...])
        let histories = body.states.count + body.outputs.count
        inputs += body.states.indices.map { node.output(histories + $0) }
        for output in 0..<histories {
            inputs.append(
                try outputGradients[output]
                    ?? graph.constant(Tensor(zeros: node.types[output].shape)))
        }
        let results = try graph.append(gradient, inputs)
        var gradients = [Value?](repeating: nil, count: node.inputs.count)
        for (position, target) in gradient.targets.enumerated() {
            gradients[target] = results[position]
        }
        return gradients
    }
}

/// One step of a ``Scan`` as a graph of its own.
package struct ScanBody: Sendable {
    package var graph = Graph()
    /// Placeholders.
    package private(set) var states: [Value] = []
    package private(set) var slices: [Value] = []
    package private(set) var invariants: [Value] = []
    /// Results; as many new states as states.
    package var newStates: [Value] = []
    package var outputs: [Value] = []

    package init() {}

    package mutating func state(_ type: TensorType) throws -> Value {
        states.append(try graph.placeholder("state \(states.count)", type))
        return states[states.count - 1]
    }

    /// - Parameter type: of one step: `[batch, …]`, without the time axis.
    package mutating func slice(_ type: TensorType) throws -> Value {
        slices.append(try graph.placeholder("slice \(slices.count)", type))
        return slices[slices.count - 1]
    }

    package mutating func invariant(_ type: TensorType) throws -> Value {
        invariants.append(try graph.placeholder("invariant \(invariants.count)", type))
        return invariants[invariants.count - 1]
    }

    /// Bytes for a contiguous copy of one slice of each sequence.
    var sliceByteCounts: [Int] { slices.map { (graph[$0].byteCount + 63) & -64 } + [64] }

    /// Bytes for a copy of every state.
    var stateByteCount: Int { states.reduce(0) { $0 + (graph[$1].byteCount + 63) & -64 } }

    /// Checks the operands of a scan and counts its steps.
    func stepCount(_ inputs: [TensorType], op: some Op) throws -> Int {
        guard inputs.count == states.count + slices.count + invariants.count, !slices.isEmpty,
            newStates.count == states.count
        else { throw op.refusal("\(inputs.count) operands do not match the body") }
        for (state, type) in zip(states, inputs) where graph[state] != type {
            throw op.refusal("state \(graph[state]) expected, \(type) found")
        }
        for (state, new) in zip(states, newStates) where graph[state] != graph[new] {
            throw op.refusal("state changes from \(graph[state]) to \(graph[new])")
        }
        for (invariant, type) in zip(invariants, inputs[(states.count + slices.count)...])
        where graph[invariant] != type {
            throw op.refusal("invariant \(graph[invariant]) expected, \(type) found")
        }
        var steps: Int?
        for (slice, type) in zip(slices, inputs[states.count...]) {
            var dimensions = type.shape.dimensions
            guard dimensions.count >= 2 else { throw op.refusal("sequence of shape \(type.shape)") }
            let count = dimensions.remove(at: 1)
            guard dimensions == graph.shape(of: slice).dimensions, graph[slice].dtype == type.dtype,
                count == steps ?? count
            else { throw op.refusal("slices \(graph[slice]) expected, sequence \(type) found") }
            steps = count
        }
        return steps ?? 0
    }
}

/// Single steps of sequences `[batch, time, …]` as contiguous memory.
struct SequenceSlices {
    private let call: OpCall
    private let offset: Int
    private var buffers: [UnsafeMutableRawPointer] = []

    /// - Parameter offset: the operand number of the first sequence.
    init(
        of slices: [Value], in graph: Graph, offset: Int, call: OpCall,
        buffers start: UnsafeMutableRawPointer
    ) {
        self.call = call
        self.offset = offset
        var next = start
        for slice in slices {
            buffers.append(next)
            next += (graph[slice].byteCount + 63) & -64
        }
    }

    func slice(_ index: Int, _ step: Int) -> UnsafeRawPointer {
        let type = call.inputTypes[offset + index]
        let bytes = type.shape.count(of: 2...) * type.dtype.size
        let source = call.input(offset + index) + step * bytes
        guard type.shape[0] > 1 else { return source }
        for row in 0..<type.shape[0] {
            (buffers[index] + row * bytes)
                .copyMemory(from: source + row * type.shape[1] * bytes, byteCount: bytes)
        }
        return UnsafeRawPointer(buffers[index])
    }
}

extension OpCall {
    /// Copies new contents over the first `count` outputs at once: the new content of one may be
    /// the old content of another.
    ///
    /// - Parameter spare: room for all of them.
    func replaceOutputs(
        count: Int, spare: UnsafeMutableRawPointer, by content: (Int) -> UnsafeRawPointer
    ) {
        func forEachSaved(_ body: (Int, UnsafeMutableRawPointer) -> Void) {
            var next = spare
            for number in 0..<count {
                let source = content(number)
                let isOld = (0..<number).contains { UnsafeRawPointer(output($0)) == source }
                guard isOld else { continue }
                body(number, next)
                next += (outputTypes[number].byteCount + 63) & -64
            }
        }
        forEachSaved { $1.copyMemory(from: content($0), byteCount: outputTypes[$0].byteCount) }
        for number in 0..<count {
            let isOld = (0..<number).contains { UnsafeRawPointer(output($0)) == content(number) }
            if !isOld {
                output(number).copyMemory(
                    from: content(number), byteCount: outputTypes[number].byteCount)
            }
        }
        forEachSaved { output($0).copyMemory(from: $1, byteCount: outputTypes[$0].byteCount) }
    }
}

/// Writes one step `[batch, …]` into an output `[batch, time, …]`.
func scatter(_ source: UnsafeRawPointer, into call: OpCall, output: Int, step: Int) {
    let type = call.outputTypes[output]
    let bytes = type.shape.count(of: 2...) * type.dtype.size
    let target = call.output(output) + step * bytes
    for row in 0..<type.shape[0] {
        (target + row * type.shape[1] * bytes)
            .copyMemory(from: source + row * bytes, byteCount: bytes)
    }
}
