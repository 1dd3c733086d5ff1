public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// One step of ``GRU``: input `[batch, features]` and a state `[batch, units]` → the output, which
/// is the new state.
///
/// The gates lie in the order update, reset, candidate along the last axis of the weights.
public struct GRUCell: RecurrentCell {
    public static let className = "GRUCell"
    public var options: LayerOptions
    let cell: CellOptions
    private let recurrentActivation: Activation
    /// Whether the reset gate is applied to the recurrent product (as cuDNN does) or to the state
    /// before it.
    private let resetsAfter: Bool

    public init(
        _ units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
        usesBias: Bool = true, resetsAfter: Bool = true, dropout: Float = 0,
        recurrentDropout: Float = 0, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = CellOptions(
            units: units, activation: activation, usesBias: usesBias, dropout: dropout,
            recurrentDropout: recurrentDropout)
        self.recurrentActivation = recurrentActivation
        self.resetsAfter = resetsAfter
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = try CellOptions(config: config)
        recurrentActivation = try config.activation("recurrent_activation", default: .sigmoid)
        resetsAfter = try config.bool("reset_after", default: true)
    }

    public var config: JSONObject {
        var config: JSONObject = [:]
        cell.write(to: &config)
        config["recurrent_activation"] = recurrentActivation.json
        config["reset_after"] = .bool(resetsAfter)
        return config
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try lowerStep(call, in: &lowering)
    }

    package func stateExtents(input: [Int]) -> [[Int]] { [[cell.units]] }

    /// The bias has a second row for the recurrent product if the reset comes after it.
    package func parameters(
        input: [Int], batch: Int, in lowering: inout Lowering
    ) throws -> CellParameters {
        let units = cell.units
        let weights = try cell.weights(
            input: input, gates: 3, biasShape: resetsAfter ? [2, 3 * units] : [3 * units],
            in: &lowering)
        var parameters = CellParameters(outer: [weights.kernel], inner: [weights.recurrent])
        if let bias = weights.bias, resetsAfter {
            parameters.outer.append(try biasRow(0, of: bias, in: &lowering.graph))
            parameters.inner.append(try biasRow(1, of: bias, in: &lowering.graph))
        } else if let bias = weights.bias {
            parameters.outer.append(bias)
        }
        if !resetsAfter {
            // The two products that take different states.
            parameters.inner = [
                try lowering.graph.slice(
                    weights.recurrent, starts: [0, 0], limits: [units, 2 * units]),
                try lowering.graph.slice(
                    weights.recurrent, starts: [0, 2 * units], limits: [units, 3 * units]),
            ]
        }
        try cell.drawDropout(for: &parameters, input: input, batch: batch, in: &lowering)
        return parameters
    }

    private func biasRow(_ row: Int, of bias: Value, in graph: inout Graph) throws -> Value {
        let slice = try graph.slice(bias, starts: [row, 0], limits: [row + 1, 3 * cell.units])
        return try graph.reshape(slice, to: [3 * cell.units])
    }

    package func known(with parameters: CellParameters) -> KnownCell? {
        cell.known(
            resetsAfter ? .gru : .gruResetBefore, recurrent: recurrentActivation, parameters)
    }

    package func project(
        _ x: Value, with parameters: CellParameters, in graph: inout Graph
    ) throws -> Value { try cell.project(x, with: parameters, in: &graph) }

    package func step(
        _ x: Value, states: [Value], with parameters: CellParameters, in graph: inout Graph
    ) throws -> (output: Value, states: [Value]) {
        let units = cell.units
        let weights = parameters.inner
        let hidden = try parameters.dropped(states[0], in: &graph)
        var product = try graph.matmul(hidden, weights[0])
        if resetsAfter, weights.count > 1 { product = try graph.add(product, weights[1]) }
        let gates = try graph.activate(
            graph.add(
                gate(0, of: x, units: units, count: 2, in: &graph),
                gate(0, of: product, units: units, count: 2, in: &graph)), recurrentActivation)
        let update = try gate(0, of: gates, units: units, in: &graph)
        let reset = try gate(1, of: gates, units: units, in: &graph)
        let recurrent =
            resetsAfter
            ? try graph.multiply(reset, gate(2, of: product, units: units, in: &graph))
            : try graph.matmul(graph.multiply(reset, hidden), weights[1])
        let candidate = try graph.activate(
            graph.add(gate(2, of: x, units: units, in: &graph), recurrent), cell.activation)
        // update · state + (1 − update) · candidate
        let change = try graph.multiply(update, graph.subtract(states[0], candidate))
        let output = try graph.add(candidate, change)
        return (output, [output])
    }
}
