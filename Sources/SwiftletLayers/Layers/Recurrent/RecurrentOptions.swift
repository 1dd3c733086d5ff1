internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// What the recurrent layers have in common: the walk along the time axis.
package struct RecurrentOptions: Sendable {
    /// Whether the output has every step, or only the last.
    var returnsSequences = false
    /// Whether the last states are outputs too.
    var returnsState = false
    /// Whether the steps are taken from the last to the first.
    var goesBackwards = false
    var isStateful = false
    private var unrolls = false
    /// Whether masked steps give zeros rather than the step's before.
    var zerosMasked = false
    private var seed: Int?

    init(returnsSequences: Bool, returnsState: Bool, goesBackwards: Bool) {
        self.returnsSequences = returnsSequences
        self.returnsState = returnsState
        self.goesBackwards = goesBackwards
    }

    init(config: LayerConfig) throws {
        returnsSequences = try config.bool("return_sequences", default: false)
        returnsState = try config.bool("return_state", default: false)
        goesBackwards = try config.bool("go_backwards", default: false)
        isStateful = try config.bool("stateful", default: false)
        unrolls = try config.bool("unroll", default: false)
        zerosMasked = try config.bool("zero_output_for_mask", default: false)
        seed = try config.optionalInt("seed")
    }

    func write(to config: inout JSONObject) {
        config["return_sequences"] = .bool(returnsSequences)
        config["return_state"] = .bool(returnsState)
        config["go_backwards"] = .bool(goesBackwards)
        config["stateful"] = .bool(isStateful)
        config["unroll"] = .bool(unrolls)
        config["zero_output_for_mask"] = .bool(zerosMasked)
    }

    /// Runs `cell` along axis 1 of `[batch, time, features]`.
    ///
    /// - Returns: the output, then the last states if they are asked for.
    func lower(
        _ cell: some RecurrentCell, _ call: CallArguments<Value>, maskRule: MaskRule,
        in lowering: inout Lowering
    ) throws -> [Value] {
        guard let sequence = call.inputs.first else {
            throw ModelError.config(key: "input", cause: "a sequence expected")
        }
        let shape = lowering.graph.shape(of: sequence)
        guard shape.rank == 3 else {
            throw ModelError.config(
                key: "input", cause: "[batch, time, features] expected, \(shape) found")
        }
        let given =
            Array(call.inputs.dropFirst())
            + (call.argument(1, "initial_state")?.leaves ?? [])
        let explicit = call.argument(2, "mask")?.leaf
        let outputMask = explicit ?? lowering.mask(of: sequence)
        let mask = given.isEmpty || maskRule == .strict ? outputMask : explicit
        let states = try initialStates(given, cell, batch: shape[0], in: &lowering)
        let weights = try lowering.scoped(nil, group: "cell") {
            try cell.weights(features: shape[2], in: &$0)
        }
        var x = sequence
        if cell.inputDropout > 0, lowering.isTraining {
            let factors = try lowering.dropoutFactors(
                rate: cell.inputDropout, extents: [shape[0], 1, shape[2]], seed: seed,
                name: "input dropout")
            x = try lowering.graph.multiply(x, factors)
        }
        let projected = try cell.project(x, with: weights, in: &lowering.graph)
        let scan = try RecurrentScan(
            cell: cell, options: self, seed: seed, projected: projected, mask: mask, states: states,
            weights: weights, in: &lowering)
        return try results(scan, sequence: sequence, mask: outputMask, in: &lowering)
    }

    private func initialStates(
        _ given: [Value], _ cell: some RecurrentCell, batch: Int, in lowering: inout Lowering
    ) throws -> [Value] {
        let shape = try Shape([batch, cell.units])
        if given.isEmpty {
            return try (0..<cell.stateCount).map { _ in
                try lowering.graph.constant(Tensor(zeros: shape))
            }
        }
        guard given.count == cell.stateCount,
            given.allSatisfy({ lowering.graph.shape(of: $0) == shape })
        else {
            throw ModelError.config(
                key: "initial_state",
                cause: "\(cell.stateCount) states of \(shape) expected, "
                    + "\(given.map { lowering.graph.shape(of: $0) }) found")
        }
        return given
    }

    private func results(
        _ scan: RecurrentScan, sequence: Value, mask: Value?, in lowering: inout Lowering
    ) throws -> [Value] {
        var output = scan.last
        if returnsSequences, let steps = scan.steps {
            // Keras gives the steps in the order in which they were taken.
            output = goesBackwards ? try lowering.graph.reverse(steps, axes: [1]) : steps
            lowering.setMask(mask, of: output)
        }
        return [output] + (returnsState ? scan.states : [])
    }
}
