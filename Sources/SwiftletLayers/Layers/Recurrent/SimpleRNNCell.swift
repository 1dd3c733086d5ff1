public import SwiftletFiles
public import SwiftletGraph

/// One step of ``SimpleRNN``: input `[batch, features]` and a state `[batch, units]` → the output,
/// which is the new state.
public struct SimpleRNNCell: RecurrentCell {
    public static let className = "SimpleRNNCell"
    public var options: LayerOptions
    let cell: CellOptions

    public init(
        _ units: Int, activation: Activation = .tanh, usesBias: Bool = true, dropout: Float = 0,
        recurrentDropout: Float = 0, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = CellOptions(
            units: units, activation: activation, usesBias: usesBias, dropout: dropout,
            recurrentDropout: recurrentDropout)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = try CellOptions(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = [:]
        cell.write(to: &config)
        return config
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try lowerStep(call, in: &lowering)
    }

    package func stateExtents(input: [Int]) -> [[Int]] { [[cell.units]] }

    package func parameters(
        input: [Int], batch: Int, in lowering: inout Lowering
    ) throws -> CellParameters {
        let weights = try cell.weights(
            input: input, gates: 1, biasShape: [cell.units], in: &lowering)
        var parameters = CellParameters(
            outer: [weights.kernel] + (weights.bias.map { [$0] } ?? []),
            inner: [weights.recurrent])
        try cell.drawDropout(for: &parameters, input: input, batch: batch, in: &lowering)
        return parameters
    }

    package func known(with parameters: CellParameters) -> KnownCell? {
        cell.known(.simple, parameters)
    }

    package func project(
        _ x: Value, with parameters: CellParameters, in graph: inout Graph
    ) throws -> Value { try cell.project(x, with: parameters, in: &graph) }

    package func step(
        _ x: Value, states: [Value], with parameters: CellParameters, in graph: inout Graph
    ) throws -> (output: Value, states: [Value]) {
        let hidden = try parameters.dropped(states[0], in: &graph)
        let sum = try graph.add(x, graph.matmul(hidden, parameters.inner[0]))
        let output = try graph.activate(sum, cell.activation)
        return (output, [output])
    }
}
