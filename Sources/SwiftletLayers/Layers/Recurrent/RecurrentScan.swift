internal import SwiftletGraph
internal import SwiftletTensor

/// A recurrent cell's steps as one scan.
struct RecurrentScan {
    /// The output of the last step taken.
    let last: Value
    /// The outputs of all steps, `[batch, time, units]`, in the order of the sequence; nil unless
    /// they are asked for.
    let steps: Value?
    /// The states after the last step.
    let states: [Value]

    init(
        cell: some RecurrentCell, options: RecurrentOptions, seed: Int?, projected: Value,
        mask: Value?, states initial: [Value], weights: RecurrentWeights,
        in lowering: inout Lowering
    ) throws {
        let shape = lowering.graph.shape(of: projected)
        let type = TensorType(try Shape([shape[0], cell.units]))
        var body = ScanBody()
        let states = try (0..<cell.stateCount).map { _ in try body.state(type) }
        // With a mask, a step that does not count repeats the output before it, zeros at first,
        // whatever the initial state.
        let previous = try mask.map { _ in try body.state(type) }
        let x = try body.slice(TensorType(try Shape([shape[0], shape[2]])))
        let counts = try mask.map { _ in
            try body.slice(TensorType(try Shape([shape[0], 1]), .bool))
        }
        let inner = try weights.inner.map { try body.invariant(lowering.graph[$0]) }
        var invariants = weights.inner
        var hidden = states[0]
        if cell.recurrentDropout > 0, lowering.isTraining {
            invariants.append(
                try lowering.dropoutFactors(
                    rate: cell.recurrentDropout, extents: [shape[0], cell.units], seed: seed,
                    name: "recurrent dropout"))
            hidden = try body.graph.multiply(hidden, body.invariant(type))
        }
        var new = try cell.step(
            x, hidden: hidden, states: states, weights: inner, in: &body.graph)
        var output = new[0]
        if let counts, let previous {
            let zeros = try body.graph.constant(Tensor(zeros: type.shape))
            output = try body.graph.select(
                counts, output, options.zerosMasked ? zeros : previous)
            new = try zip(new, states).map { try body.graph.select(counts, $0, $1) }
            new.append(output)
        }
        body.newStates = new
        if options.returnsSequences { body.outputs = [output] }

        var operands = initial
        if mask != nil { operands.append(try lowering.graph.constant(Tensor(zeros: type.shape))) }
        operands.append(projected)
        if let mask {
            operands.append(try lowering.graph.reshape(mask, to: [shape[0], shape[1], 1]))
        }
        let results = try lowering.graph.append(
            Scan(body: body, isReversed: options.goesBackwards, keepsStates: lowering.isTraining),
            operands + invariants)
        self.states = Array(results[..<cell.stateCount])
        last = mask == nil ? results[0] : results[cell.stateCount]
        steps = options.returnsSequences ? results[body.newStates.count] : nil
    }
}
