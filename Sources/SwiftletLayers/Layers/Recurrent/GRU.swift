public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A gated recurrent unit.
///
/// The gates lie in the order update, reset, candidate along the last axis of the weights.
///
/// - SeeAlso: Cho et al. 2014, arXiv:1406.1078.
///
/// `[batch, time, features]` → `[batch, units]`, or with `returnsSequences` `[batch, time, units]`.
public struct GRU: RecurrentLayer {
    public static let className = "GRU"
    public var options: LayerOptions
    private let cell: Cell
    private var recurrence: RecurrentOptions

    public init(
        _ units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
        usesBias: Bool = true, returnsSequences: Bool = false, returnsState: Bool = false,
        goesBackwards: Bool = false, resetsAfter: Bool = true, dropout: Float = 0,
        recurrentDropout: Float = 0,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = Cell(
            options: CellOptions(
                units: units, activation: activation, usesBias: usesBias, dropout: dropout,
                recurrentDropout: recurrentDropout),
            recurrentActivation: recurrentActivation, resetsAfter: resetsAfter)
        recurrence = RecurrentOptions(
            returnsSequences: returnsSequences, returnsState: returnsState,
            goesBackwards: goesBackwards)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = Cell(
            options: try CellOptions(config: config),
            recurrentActivation: try config.activation("recurrent_activation", default: .sigmoid),
            resetsAfter: try config.bool("reset_after", default: true))
        recurrence = try RecurrentOptions(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = [:]
        recurrence.write(to: &config)
        cell.options.write(to: &config)
        config["recurrent_activation"] = cell.recurrentActivation.json
        config["reset_after"] = .bool(cell.resetsAfter)
        return config
    }

    public var returnsSequences: Bool { recurrence.returnsSequences }
    public var returnsState: Bool { recurrence.returnsState }

    public var reversed: Self {
        var copy = self
        copy.recurrence.goesBackwards.toggle()
        return copy
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try recurrence.lower(cell, call, maskRule: options.maskRule, in: &lowering)
    }
}

extension GRU {
    /// One step of ``GRU``.
    struct Cell: RecurrentCell {
        let options: CellOptions
        let recurrentActivation: Activation
        /// Whether the reset gate is applied to the recurrent product (as cuDNN does) or to the
        /// state before it.
        let resetsAfter: Bool
        var units: Int { options.units }
        var stateCount: Int { 1 }
        var inputDropout: Float { options.dropout }
        var recurrentDropout: Float { options.recurrentDropout }

        /// The bias has a second row for the recurrent product if the reset comes after it.
        func weights(features: Int, in lowering: inout Lowering) throws -> RecurrentWeights {
            let weights = try options.weights(
                features: features, gates: 3,
                biasShape: resetsAfter ? [2, 3 * units] : [3 * units], in: &lowering)
            var outer = [weights.kernel]
            var inner = [weights.recurrent]
            if let bias = weights.bias, resetsAfter {
                outer.append(try biasRow(0, of: bias, in: &lowering.graph))
                inner.append(try biasRow(1, of: bias, in: &lowering.graph))
            } else if let bias = weights.bias {
                outer.append(bias)
            }
            if !resetsAfter {
                // The two products that take different states.
                inner = [
                    try lowering.graph.slice(
                        weights.recurrent, starts: [0, 0], limits: [units, 2 * units]),
                    try lowering.graph.slice(
                        weights.recurrent, starts: [0, 2 * units], limits: [units, 3 * units]),
                ]
            }
            return RecurrentWeights(outer: outer, inner: inner)
        }

        private func biasRow(_ row: Int, of bias: Value, in graph: inout Graph) throws -> Value {
            let slice = try graph.slice(
                bias, starts: [row, 0], limits: [row + 1, 3 * units])
            return try graph.reshape(slice, to: [3 * units])
        }

        func project(
            _ x: Value, with weights: RecurrentWeights, in graph: inout Graph
        ) throws -> Value {
            try projected(
                x, weights.outer[0], bias: weights.outer.dropFirst().first, in: &graph)
        }

        func step(
            _ x: Value, hidden: Value, states: [Value], weights: [Value], in graph: inout Graph
        ) throws -> [Value] {
            var product = try graph.matmul(hidden, weights[0])
            if resetsAfter, weights.count > 1 { product = try graph.add(product, weights[1]) }
            let gates = try graph.activate(
                graph.add(
                    gate(0, of: x, count: 2, in: &graph),
                    gate(0, of: product, count: 2, in: &graph)), recurrentActivation)
            let update = try gate(0, of: gates, in: &graph)
            let reset = try gate(1, of: gates, in: &graph)
            let recurrent =
                resetsAfter
                ? try graph.multiply(reset, gate(2, of: product, in: &graph))
                : try graph.matmul(graph.multiply(reset, hidden), weights[1])
            let candidate = try graph.activate(
                graph.add(gate(2, of: x, in: &graph), recurrent), options.activation)
            // update · state + (1 − update) · candidate
            let change = try graph.multiply(update, graph.subtract(states[0], candidate))
            return [try graph.add(candidate, change)]
        }
    }
}
