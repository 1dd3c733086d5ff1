internal import CKernels
internal import SwiftletTensor

/// Back-propagation through time over a known cell.
///
/// Operands: the traces of the ``Recurrence`` (states before the steps, gates, an LSTM's cells and
/// its first cells), its mask, its kernel, then the derivatives with respect to the last states and,
/// if they have one, to the stacked outputs. Results: the derivatives with respect to the first
/// states, to the inputs `[batch, time, gates · units]` and for a GRU, where it is another, to the
/// recurrent products.
package struct RecurrenceGradient: Op {
    package let form: RecurrentForm
    /// Whether the outputs of single steps have a derivative.
    package let hasOutputs: Bool
    private let functions: CellFunctions

    package init(_ form: RecurrentForm, hasOutputs: Bool) {
        self.form = form
        functions = CellFunctions(form.cell)
        self.hasOutputs = hasOutputs
    }

    package var name: String { "recurrence_gradient" }

    // MARK: Operands

    private var isLSTM: Bool { form.cell.kind == .lstm }
    private var maskPosition: Int { isLSTM ? 4 : 2 }
    private var kernelPosition: Int { maskPosition + (form.hasMask ? 1 : 0) }
    private var firstSeed: Int { kernelPosition + 1 }
    private var operandCount: Int { firstSeed + form.carriedCount + (hasOutputs ? 1 : 0) }

    /// The operands for the gradient of a traced recurrence.
    func operands(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value] {
        let trace = form.carriedCount + (form.stacksOutputs ? 1 : 0)
        var result = [node.output(trace), node.output(trace + 1)]
        if isLSTM { result += [node.output(trace + 2), node.inputs[1]] }
        if form.hasMask { result.append(node.inputs[form.carriedCount + 1]) }
        result.append(node.inputs[form.firstKernel])
        for state in 0..<form.carriedCount {
            result.append(
                try outputGradients[state]
                    ?? graph.constant(Tensor(zeros: node.types[state].shape)))
        }
        if hasOutputs, let outputs = outputGradients[form.carriedCount] { result.append(outputs) }
        return result
    }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: operandCount...operandCount)
        let (before, seed) = (inputs[0].shape, inputs[firstSeed])
        let gates = form.cell.gateCount
        guard before.rank == 3, seed.shape.dimensions == [before[0], before[2]],
            inputs[kernelPosition].shape.dimensions == [before[2], gates * before[2]],
            inputs[firstSeed..<firstSeed + form.carriedCount].allSatisfy({ $0 == seed })
        else { throw refusal("operands \(inputs.map(\.description))") }
        let sequence = TensorType(try Shape([before[0], before[1], gates * before[2]]))
        return [TensorType](repeating: seed, count: form.carriedCount)
            + [TensorType](repeating: sequence, count: form.cell.kind == .gru ? 2 : 1)
    }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? {
        let hasRows = rows.inputs.indices.map { $0 != kernelPosition }
        guard rows.hasRows[0] else { return nil }
        return RankShare(self, of: hasRows, rows.outputs.map { _ in .rows })
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        inputs[0].shape.count(of: ..<2) * inputs[kernelPosition].elementCount
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        var product = product(units: inputs[0].shape[2])
        return ThreadScratch.byteCount(floats: sl_matmul_packed_count(&product))
            + threads * ThreadScratch.byteCount(floats: sl_matmul_scratch(&product))
    }

    /// A step's derivatives of the recurrent product times the transposed kernel, without the rows.
    private func product(units: Int) -> sl_matmul {
        var result = sl_matmul()
        (result.n, result.k) = (units, form.cell.gateCount * units)
        (result.b_row, result.b_column) = (1, result.k)
        // Any address: only whether there is one counts.
        result.packed = UnsafePointer(bitPattern: 64)
        (result.a_column, result.c_row) = (1, units)
        result.accumulate = true
        return result
    }

    // MARK: Evaluation

    package func evaluate(_ call: OpCall) {
        let shape = call.inputTypes[0].shape
        let (batch, steps, units) = (shape[0], shape[1], shape[2])
        for state in 0..<form.carriedCount {
            call.output(state).copyMemory(
                from: call.input(firstSeed + state),
                byteCount: call.outputTypes[state].byteCount)
        }
        guard batch > 0, steps > 0 else { return }
        var product = product(units: units)
        (product.m, product.a_row) = (batch, steps * product.k)
        product.b = call.floats(kernelPosition)
        let packed = call.scratch.assumingMemoryBound(to: Float.self)
        sl_matmul_pack(&product, 0, sl_panel_count(SL_CPU_ACTIVE, units), packed)
        (product.packed, product.b) = (UnsafePointer(packed), nil)
        let scratch = ThreadScratch(
            call.scratch + ThreadScratch.byteCount(floats: sl_matmul_packed_count(&product)),
            floats: sl_matmul_scratch(&product))
        let finished = product
        functions.withPointers { activation, recurrentActivation in
            var gradient = lowered(call, batch: batch, steps: steps, units: units)
            (gradient.activation, gradient.recurrent_activation) = (
                activation.code, recurrentActivation.code
            )
            gradient.activation_parameters = activation.parameters
            run(gradient, finished, scratch, call.workers)
        }
    }

    private func lowered(
        _ call: OpCall, batch: Int, steps: Int, units: Int
    ) -> sl_recurrence_gradient {
        var result = sl_recurrence_gradient()
        result.cell = form.cell.code
        (result.batch, result.steps, result.units) = (batch, steps, units)
        result.is_reversed = form.isReversed
        result.zeros_masked = form.zerosMasked
        result.trace.before = UnsafeMutablePointer(mutating: call.floats(0))
        result.trace.gates = UnsafeMutablePointer(mutating: call.floats(1))
        if isLSTM {
            result.trace.cells = UnsafeMutablePointer(mutating: call.floats(2))
            result.first_c = call.floats(3)
            result.c = call.outputFloats(1)
        }
        if form.hasMask {
            result.mask = call.input(maskPosition).assumingMemoryBound(to: UInt8.self)
            result.last = call.outputFloats(form.cell.stateCount)
        }
        if hasOutputs { result.outputs = call.floats(operandCount - 1) }
        result.h = call.outputFloats(0)
        result.x = call.outputFloats(form.carriedCount)
        result.product = call.outputFloats(call.outputTypes.count - 1)
        return result
    }

    /// Rows of a batch that share what is read of the kernel.
    private static let rowsPerPart = 8

    /// Rows do not know of each other: each thread takes some through all steps.
    private func run(
        _ gradient: sl_recurrence_gradient, _ product: sl_matmul, _ scratch: ThreadScratch,
        _ workers: Workers
    ) {
        let (batch, steps) = (gradient.batch, gradient.steps)
        let tiles = (batch + Self.rowsPerPart - 1) / Self.rowsPerPart
        let parts = min(workers.count, tiles)
        let panels = sl_panel_count(SL_CPU_ACTIVE, gradient.units)
        workers.forEach(parts: parts) { part, thread in
            var (gradient, product) = (gradient, product)
            let first = part * tiles / parts * Self.rowsPerPart
            let end = min(batch, (part + 1) * tiles / parts * Self.rowsPerPart)
            product.c = gradient.h
            for step in (0..<steps).reversed() {
                sl_recurrence_step_back(&gradient, step, first, end)
                let place = form.isReversed ? steps - 1 - step : step
                product.a = UnsafePointer(gradient.product + place * product.k)
                sl_matmul_run(&product, first, end, 0, panels, scratch[thread])
            }
        }
    }
}
