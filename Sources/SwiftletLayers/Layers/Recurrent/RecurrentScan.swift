internal import SwiftletGraph
internal import SwiftletTensor

/// A recurrent cell's steps as one scan.
struct RecurrentScan {
    /// The output of the last step taken.
    let last: Value
    /// The outputs of all steps, `[batch, time, …]`, in the order of the sequence; nil unless they
    /// are asked for.
    let steps: Value?
    /// The states after the last step.
    let states: [Value]

    /// - Parameters:
    ///   - zerosMasked: whether steps that do not count give zeros.
    ///   - projected: `[batch, time, …]`.
    ///   - mask: bool `[batch, time]`.
    ///   - outputExtents: of a step, without the batch.
    init(
        cell: any RecurrentCell, isReversed: Bool, stacksOutputs: Bool, zerosMasked: Bool,
        projected: Value, mask: Value?, states initial: [Value], outputExtents: [Int],
        parameters: CellParameters, in lowering: inout Lowering
    ) throws {
        let shape = lowering.graph.shape(of: projected).dimensions
        let batch = shape[0]
        let outputType = TensorType(try Shape([batch] + outputExtents))
        var body = ScanBody()
        let states = try initial.map { try body.state(lowering.graph[$0]) }
        // The output before is carried along where it is no state: with a mask, since a step that
        // does not count repeats it, zeros at first, whatever the initial state.
        let carriesOutput = mask != nil || !cell.givesFirstState
        let previous = carriesOutput ? try body.state(outputType) : nil
        let x = try body.slice(TensorType(try Shape([batch] + shape[2...])))
        let counts = try mask.map { _ in try body.slice(TensorType(try Shape([batch, 1]), .bool)) }
        var invariants: [Value] = []
        let inner = try parameters.forSteps { value in
            invariants.append(value)
            return try body.invariant(lowering.graph[value])
        }
        var (output, new) = try cell.step(x, states: states, with: inner, in: &body.graph)
        if let counts, let previous {
            func choose(_ a: Value, _ b: Value) throws -> Value {
                let rank = body.graph.shape(of: a).rank
                let column = try body.graph.reshape(
                    counts, to: [batch] + [Int](repeating: 1, count: rank - 1))
                return try body.graph.select(column, a, b)
            }
            let zeros = try body.graph.constant(Tensor(zeros: outputType.shape))
            output = try choose(output, zerosMasked ? zeros : previous)
            new = try zip(new, states).map { try choose($0, $1) }
        }
        if carriesOutput { new.append(output) }
        body.newStates = new
        if stacksOutputs { body.outputs = [output] }

        var operands = initial
        if carriesOutput {
            operands.append(try lowering.graph.constant(Tensor(zeros: outputType.shape)))
        }
        operands.append(projected)
        if let mask {
            operands.append(
                try lowering.graph.reshape(lowering.truth(of: mask), to: [batch, shape[1], 1]))
        }
        let form = cell.known(with: inner).map {
            RecurrentForm(
                cell: $0, isReversed: isReversed, hasMask: mask != nil, zerosMasked: zerosMasked,
                stacksOutputs: stacksOutputs, hasBias: $0.kind == .gru && invariants.count > 1)
        }
        let op: any Op =
            if lowering.feedsWeights, let form, form.cell.hasGradient {
                Recurrence(form, isTraced: true)
            } else {
                Scan(
                    body: body, isReversed: isReversed, keepsStates: lowering.isTraining,
                    form: form)
            }
        let results = try lowering.graph.append(op, operands + invariants)
        self.states = Array(results[..<initial.count])
        last = carriesOutput ? results[initial.count] : results[0]
        steps = stacksOutputs ? results[body.newStates.count] : nil
    }
}
