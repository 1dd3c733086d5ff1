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
    /// Whether the last states are where the next batch begins; see ``Lowering/carriedState(_:_:)``.
    private var isStateful = false
    private var unrolls = false
    /// Whether masked steps give zeros rather than the step's before.
    private var zerosMasked = false
    /// Keras 2's `time_major`: sequences, masks and outputs have the time before the batch.
    private var isTimeMajor = false

    init(returnsSequences: Bool, returnsState: Bool, goesBackwards: Bool, isStateful: Bool) {
        self.isStateful = isStateful
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
        isTimeMajor = try config.bool("time_major", default: false)
        guard try config.int("num_constants", default: 0) == 0 else {
            throw ModelError.config(
                key: "num_constants", cause: "constants beside the states are not supported")
        }
    }

    func write(to config: inout JSONObject) {
        config["return_sequences"] = .bool(returnsSequences)
        config["return_state"] = .bool(returnsState)
        config["go_backwards"] = .bool(goesBackwards)
        config["stateful"] = .bool(isStateful)
        config["unroll"] = .bool(unrolls)
        config["zero_output_for_mask"] = .bool(zerosMasked)
        if isTimeMajor { config["time_major"] = true }
    }

    /// Runs `cell` along axis 1 of `[batch, time, …]`.
    ///
    /// - Parameter cellName: what the cell's weights are named after, if not the layer itself.
    /// - Returns: the output, then the last states if they are asked for.
    func lower(
        _ cell: any RecurrentCell, named cellName: String? = nil, _ call: CallArguments<Value>,
        maskRule: MaskRule, in lowering: inout Lowering
    ) throws -> [Value] {
        guard var sequence = call.inputs.first else {
            throw ModelError.config(key: "input", cause: "a sequence expected")
        }
        guard lowering.graph.shape(of: sequence).rank >= 3 else {
            throw ModelError.config(
                key: "input",
                cause: "[batch, time, features] expected, "
                    + "\(lowering.graph.shape(of: sequence)) found")
        }
        guard call.argument(.max, "constants") == nil else {
            throw ModelError.config(
                key: "constants", cause: "constants beside the states are not supported")
        }
        let given =
            Array(call.inputs.dropFirst())
            + (call.argument(1, "initial_state")?.leaves ?? [])
        let explicit = call.argument(2, "mask")?.leaf
        let outputMask = explicit ?? lowering.mask(of: sequence)
        var mask = given.isEmpty || maskRule == .strict ? outputMask : explicit
        if isTimeMajor {
            sequence = try swapped(sequence, in: &lowering.graph)
            mask = try mask.map { try swapped($0, in: &lowering.graph) }
        }
        let shape = lowering.graph.shape(of: sequence).dimensions
        let (batch, input) = (shape[0], Array(shape[2...]))
        if let mask, lowering.graph.shape(of: mask).dimensions != [batch, shape[1]] {
            throw ModelError.config(
                key: "mask",
                cause: "[\(batch), \(shape[1])] expected, \(lowering.graph.shape(of: mask)) found")
        }
        let states = try initialStates(
            given, cell.stateExtents(input: input).map { [batch] + $0 }, in: &lowering)
        let parameters = try lowering.within(cell, name: cellName, group: "cell") {
            try cell.parameters(input: input, batch: batch, in: &$0)
        }
        let projected = try cell.project(sequence, with: parameters, in: &lowering.graph)
        let scan = try RecurrentScan(
            cell: cell, isReversed: goesBackwards, stacksOutputs: returnsSequences,
            zerosMasked: zerosMasked, projected: projected, mask: mask, states: states,
            outputExtents: cell.outputExtents(input: input), parameters: parameters, in: &lowering)
        if isStateful {
            for (number, state) in scan.states.enumerated() {
                lowering.update(Self.stateName(number), to: state)
            }
        }
        return try results(scan, mask: outputMask, in: &lowering)
    }

    /// Keras calls them all `rnn_state`.
    private static func stateName(_ number: Int) -> String { "rnn_state \(number)" }

    private func swapped(_ x: Value, in graph: inout Graph) throws -> Value {
        let rank = graph.shape(of: x).rank
        return try graph.transpose(x, permutation: [1, 0] + Array(2..<max(2, rank)))
    }

    private func initialStates(
        _ given: [Value], _ extents: [[Int]], in lowering: inout Lowering
    ) throws -> [Value] {
        var own: [Value] = []
        if isStateful {
            own = try extents.enumerated().map {
                try lowering.carriedState(Self.stateName($0), $1)
            }
        }
        if given.isEmpty {
            return try isStateful
                ? own : extents.map { try lowering.graph.constant(Tensor(zeros: Shape($0))) }
        }
        let found = given.map { lowering.graph.shape(of: $0).dimensions }
        guard found == extents else {
            throw ModelError.config(
                key: "initial_state", cause: "states of \(extents) expected, \(found) found")
        }
        return given
    }

    private func results(
        _ scan: RecurrentScan, mask: Value?, in lowering: inout Lowering
    ) throws -> [Value] {
        var output = scan.last
        if returnsSequences, let steps = scan.steps {
            // Keras gives the steps in the order in which they were taken.
            output = goesBackwards ? try lowering.graph.reverse(steps, axes: [1]) : steps
            if isTimeMajor { output = try swapped(output, in: &lowering.graph) }
            lowering.setMask(mask, of: output)
        }
        return [output] + (returnsState ? scan.states : [])
    }
}
