internal import CKernels
internal import SwiftletTensor

/// All steps of a known recurrent cell: products, gates and states of a step in one pass over
/// weights that stay in the cache.
///
/// Operands and results are those of the ``Scan`` that it replaces, but for the kernels, which
/// ``PackRecurrentKernel`` has packed: the states `[batch, units]` (with a mask the output so far
/// as the last), the inputs `[batch, time, gates · units]` already multiplied by their kernel, with
/// a mask bool `[batch, time, 1]`, the kernels, with a bias `[gates · units]`. Results: the last
/// states, then if they are stacked the outputs `[batch, time, units]`.
///
/// For training the kernels come as they are, and what ``RecurrenceGradient`` reads of the steps are
/// further results: the state before each `[batch, time, units]`, the gates `[batch, time, n · units]`
/// and an LSTM's cells `[batch, time, units]`.
package struct Recurrence: Op {
    package let form: RecurrentForm
    package let isTraced: Bool
    /// What the packed kernels are held in.
    package let storage: WeightStorage
    private let functions: CellFunctions

    package init(
        _ form: RecurrentForm, isTraced: Bool = false, storage: WeightStorage = .float32
    ) {
        self.form = form
        functions = CellFunctions(form.cell)
        self.isTraced = isTraced
        self.storage = storage
    }

    package var name: String { "recurrence" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: form.operandCount...form.operandCount)
        let state = inputs[0]
        let sequence = inputs[form.carriedCount].shape
        guard state.rank == 2, state.dtype == .float32, state.shape[1] > 0,
            inputs[..<form.carriedCount].allSatisfy({ $0 == state })
        else { throw refusal("states \(inputs[..<form.carriedCount].map(\.description))") }
        let (batch, units) = (state.shape[0], state.shape[1])
        let gates = form.cell.gateCount
        guard sequence.rank == 3, sequence[0] == batch, sequence[2] == gates * units,
            inputs[form.carriedCount].dtype == .float32
        else { throw refusal("a sequence \(sequence) for states \(state)") }
        if form.hasMask,
            try inputs[form.carriedCount + 1]
                != TensorType(
                    Shape([batch, sequence[1], 1]), .bool)
        {
            throw refusal("a mask of [\(batch), \(sequence[1]), 1] expected")
        }
        for (kernel, gates) in zip(inputs[form.firstKernel...], form.cell.kernelGates) {
            let expected =
                isTraced
                ? try Shape([units, gates * units]) : .vector(packedCount(gates, units))
            guard kernel == TensorType(expected, storage.dtype) else {
                throw refusal("a kernel of \(expected) expected, \(kernel) found")
            }
        }
        if form.hasBias, inputs.last != TensorType(.vector(gates * units)) {
            throw refusal("a bias of [\(gates * units)] expected")
        }
        let stacked = TensorType(try Shape([batch, sequence[1], units]))
        var types = [TensorType](repeating: state, count: form.carriedCount)
        if form.stacksOutputs { types.append(stacked) }
        guard isTraced else { return types }
        let traced = try Shape([batch, sequence[1], form.cell.tracedGates * units])
        types += [stacked, TensorType(traced)]
        return form.cell.kind == .lstm ? types + [stacked] : types
    }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        // States may be the same zeros for all rows, and kernels have as many units as there are rows.
        let hasRows = rows.inputs.indices.map { $0 < form.firstKernel }
        guard rows.hasRows[form.carriedCount] else { return nil }
        return RankShare(self, of: hasRows, rows.outputs.map { _ in .rows })
    }

    private func packedCount(_ gates: Int, _ units: Int) -> Int {
        sl_recurrence_packed_count(SL_CPU_ACTIVE, gates, units)
    }

    package func kernel(inputs: [TensorType], outputs: [TensorType]) -> String {
        storage == .float32 ? "" : "packed" + storage.suffix
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        inputs[form.carriedCount].elementCount * inputs[0].shape[1]
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        let units = inputs[0].shape[1]
        return ThreadScratch.byteCount(floats: inputs[0].elementCount) * (usesReset ? 3 : 1)
            + (isTraced ? ThreadScratch.byteCount(floats: packedCount(tracedKernel, units)) : 0)
    }

    /// The gates of the one kernel of a cell that is traced.
    private var tracedKernel: Int { form.cell.gateCount }

    private var usesReset: Bool { form.cell.kind == .gruResetBefore }

    // MARK: Evaluation

    package func evaluate(_ call: OpCall) {
        let shape = call.inputTypes[0].shape
        let (batch, units) = (shape[0], shape[1])
        let steps = call.inputTypes[form.carriedCount].shape[1]
        for state in 0..<form.carriedCount {
            call.output(state).copyMemory(
                from: call.input(state), byteCount: call.outputTypes[state].byteCount)
        }
        functions.withPointers { activation, recurrentActivation in
            var recurrence = lowered(call, batch: batch, steps: steps, units: units)
            recurrence.activation = activation.code
            recurrence.activation_parameters = activation.parameters
            recurrence.recurrent_activation = recurrentActivation.code
            recurrence.recurrent_parameters = recurrentActivation.parameters
            run(recurrence, call.workers)
        }
        if steps % 2 == 1 {
            call.output(0).copyMemory(
                from: call.scratch, byteCount: call.outputTypes[0].byteCount)
        }
    }

    private func lowered(_ call: OpCall, batch: Int, steps: Int, units: Int) -> sl_recurrence {
        var result = sl_recurrence()
        result.cell = form.cell.code
        (result.batch, result.steps, result.units) = (batch, steps, units)
        result.storage = storage.code
        result.is_reversed = form.isReversed
        result.zeros_masked = form.zerosMasked
        result.x = call.floats(form.carriedCount)
        result.weights = call.floats(form.firstKernel)
        if form.kernelCount > 1 { result.second = call.floats(form.firstKernel + 1) }
        if form.hasBias { result.bias = call.floats(form.operandCount - 1) }
        if form.hasMask {
            result.mask = call.input(form.carriedCount + 1).assumingMemoryBound(to: UInt8.self)
            result.last = call.outputFloats(form.cell.stateCount)
        }
        result.h = call.outputFloats(0)
        if form.cell.kind == .lstm { result.c = call.outputFloats(1) }
        let slots = ThreadScratch(call.scratch, floats: batch * units)
        result.spare = slots[0]
        // Both halves of the room lie side by side, whatever the slots' alignment.
        if usesReset { result.reset = slots[1] }
        if form.stacksOutputs { result.outputs = call.outputFloats(form.carriedCount) }
        if isTraced {
            let packed = slots[1]
            sl_recurrence_pack(
                SL_CPU_ACTIVE, call.floats(form.firstKernel), tracedKernel, units,
                SL_STORAGE_FLOAT32, packed)
            result.weights = UnsafePointer(packed)
            result.trace.before = call.outputFloats(firstTrace)
            result.trace.gates = call.outputFloats(firstTrace + 1)
            if form.cell.kind == .lstm { result.trace.cells = call.outputFloats(firstTrace + 2) }
        }
        return result
    }

    /// Where the traces stand among the results.
    private var firstTrace: Int { form.carriedCount + (form.stacksOutputs ? 1 : 0) }

    /// Rows of a batch that share what is read of the weights.
    private static let rowsPerPart = 4
    /// Multiply-adds of a step that are worth another thread.
    private static let worthSharing = 1 << 14

    /// Cuts a large batch by its rows, which do not know of each other; else the units of every
    /// step, which is a walk in lockstep.
    private func run(_ recurrence: sl_recurrence, _ workers: Workers) {
        let rounds = sl_recurrence_rounds(recurrence.cell)
        let blocks = sl_recurrence_blocks(SL_CPU_ACTIVE, recurrence.units)
        let (batch, steps) = (recurrence.batch, recurrence.steps)
        let tiles = (batch + Self.rowsPerPart - 1) / Self.rowsPerPart
        let rowParts = min(workers.count, tiles)
        let work = batch * recurrence.units * recurrence.units * form.cell.gateCount
        if rowParts > 1 || work < Self.worthSharing || blocks == 1 {
            workers.forEach(parts: rowParts) { part in
                var recurrence = recurrence
                let first = part * tiles / rowParts * Self.rowsPerPart
                let end = min(batch, (part + 1) * tiles / rowParts * Self.rowsPerPart)
                for step in 0..<steps {
                    for round in 0..<rounds {
                        sl_recurrence_run(&recurrence, step, round, first, end, 0, blocks)
                    }
                }
            }
            return
        }
        let shares = min(workers.count, blocks)
        workers.forEachRound(count: steps * rounds, shares: shares) { round, share in
            var recurrence = recurrence
            sl_recurrence_run(
                &recurrence, round / rounds, round % rounds, 0, batch, share * blocks / shares,
                (share + 1) * blocks / shares)
        }
    }

    // MARK: Gradient

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard isTraced else { throw GraphError.notDifferentiable(op: name) }
        let gradient = RecurrenceGradient(
            form, hasOutputs: form.stacksOutputs && outputGradients[form.carriedCount] != nil)
        let results = try graph.append(
            gradient, gradient.operands(of: node, outputGradients, in: &graph))
        var gradients: [Value?] = Array(results[..<form.carriedCount])
        gradients.append(results[form.carriedCount])
        if form.hasMask { gradients.append(nil) }
        // The recurrent products of all steps at once.
        let sequence = node.types[firstTrace].shape
        let product = results[results.count - 1]
        let rows = try graph.reshape(
            product, to: [sequence[0] * sequence[1], graph.shape(of: product)[2]])
        let before = try graph.reshape(
            node.output(firstTrace), to: [sequence[0] * sequence[1], sequence[2]])
        gradients.append(try graph.matmul(before, rows, transposesA: true))
        if form.hasBias { gradients.append(try graph.sum(rows, axes: [0])) }
        return gradients
    }
}
