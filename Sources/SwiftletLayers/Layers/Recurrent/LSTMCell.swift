public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// One step of ``LSTM``: input `[batch, features]` and the states, output and memory, both
/// `[batch, units]` → the output, then the new states.
///
/// The gates lie in the order input, forget, cell, output along the last axis of the weights.
public struct LSTMCell: RecurrentCell {
    public static let className = "LSTMCell"
    public var options: LayerOptions
    let cell: CellOptions
    private let recurrentActivation: Activation
    /// Whether the forget gate begins open: with a bias of 1.
    private let unitForgetBias: Bool

    public init(
        _ units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
        usesBias: Bool = true, unitForgetBias: Bool = true, dropout: Float = 0,
        recurrentDropout: Float = 0, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = CellOptions(
            units: units, activation: activation, usesBias: usesBias, dropout: dropout,
            recurrentDropout: recurrentDropout)
        self.recurrentActivation = recurrentActivation
        self.unitForgetBias = unitForgetBias
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = try CellOptions(config: config)
        recurrentActivation = try config.activation("recurrent_activation", default: .sigmoid)
        unitForgetBias = try config.bool("unit_forget_bias", default: true)
    }

    public var config: JSONObject {
        var config: JSONObject = [:]
        cell.write(to: &config)
        config["recurrent_activation"] = recurrentActivation.json
        config["unit_forget_bias"] = .bool(unitForgetBias)
        return config
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try lowerStep(call, in: &lowering)
    }

    package func stateExtents(input: [Int]) -> [[Int]] { [[cell.units], [cell.units]] }

    package func parameters(
        input: [Int], batch: Int, in lowering: inout Lowering
    ) throws -> CellParameters {
        var bias = cell.bias
        if unitForgetBias { bias.initializer = .unitForget(bias.initializer) }
        let weights = try cell.weights(
            input: input, gates: 4, biasShape: [4 * cell.units], biasOptions: bias, in: &lowering)
        var parameters = CellParameters(
            outer: [weights.kernel] + (weights.bias.map { [$0] } ?? []),
            inner: [weights.recurrent])
        try cell.drawDropout(for: &parameters, input: input, batch: batch, in: &lowering)
        return parameters
    }

    package func known(with parameters: CellParameters) -> KnownCell? {
        cell.known(.lstm, recurrent: recurrentActivation, parameters)
    }

    package func project(
        _ x: Value, with parameters: CellParameters, in graph: inout Graph
    ) throws -> Value { try cell.project(x, with: parameters, in: &graph) }

    package func step(
        _ x: Value, states: [Value], with parameters: CellParameters, in graph: inout Graph
    ) throws -> (output: Value, states: [Value]) {
        let units = cell.units
        let hidden = try parameters.dropped(states[0], in: &graph)
        let sum = try graph.add(x, graph.matmul(hidden, parameters.inner[0]))
        // Input and forget gates lie side by side and take one pass.
        let first = try graph.activate(
            gate(0, of: sum, units: units, count: 2, in: &graph), recurrentActivation)
        let input = try gate(0, of: first, units: units, in: &graph)
        let forget = try gate(1, of: first, units: units, in: &graph)
        let candidate = try graph.activate(
            gate(2, of: sum, units: units, in: &graph), cell.activation)
        let exit = try graph.activate(
            gate(3, of: sum, units: units, in: &graph), recurrentActivation)
        let memory = try graph.add(
            graph.multiply(forget, states[1]), graph.multiply(input, candidate))
        let output = try graph.multiply(exit, graph.activate(memory, cell.activation))
        return (output, [output, memory])
    }
}
