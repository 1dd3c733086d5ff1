public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Long short-term memory: a state that gates protect from being overwritten.
///
/// The gates lie in the order input, forget, cell, output along the last axis of the weights.
///
/// - SeeAlso: Hochreiter & Schmidhuber 1997.
///
/// `[batch, time, features]` → `[batch, units]`, or with `returnsSequences` `[batch, time, units]`.
public struct LSTM: RecurrentLayer {
    public static let className = "LSTM"
    public var options: LayerOptions
    private let cell: Cell
    private var recurrence: RecurrentOptions

    public init(
        _ units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
        usesBias: Bool = true, returnsSequences: Bool = false, returnsState: Bool = false,
        goesBackwards: Bool = false, unitForgetBias: Bool = true, dropout: Float = 0,
        recurrentDropout: Float = 0,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = Cell(
            options: CellOptions(
                units: units, activation: activation, usesBias: usesBias, dropout: dropout,
                recurrentDropout: recurrentDropout),
            recurrentActivation: recurrentActivation, unitForgetBias: unitForgetBias)
        recurrence = RecurrentOptions(
            returnsSequences: returnsSequences, returnsState: returnsState,
            goesBackwards: goesBackwards)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = Cell(
            options: try CellOptions(config: config),
            recurrentActivation: try config.activation("recurrent_activation", default: .sigmoid),
            unitForgetBias: try config.bool("unit_forget_bias", default: true))
        recurrence = try RecurrentOptions(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = [:]
        recurrence.write(to: &config)
        cell.options.write(to: &config)
        config["recurrent_activation"] = cell.recurrentActivation.json
        config["unit_forget_bias"] = .bool(cell.unitForgetBias)
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

extension LSTM {
    /// One step of ``LSTM``; the states are the output and the memory.
    struct Cell: RecurrentCell {
        let options: CellOptions
        let recurrentActivation: Activation
        /// Whether the forget gate begins open: with a bias of 1.
        let unitForgetBias: Bool
        var units: Int { options.units }
        var stateCount: Int { 2 }
        var inputDropout: Float { options.dropout }
        var recurrentDropout: Float { options.recurrentDropout }

        func weights(features: Int, in lowering: inout Lowering) throws -> RecurrentWeights {
            var bias = options.bias
            if unitForgetBias { bias.initializer = .unitForget(bias.initializer) }
            let weights = try options.weights(
                features: features, gates: 4, biasShape: [4 * units], biasOptions: bias,
                in: &lowering)
            return RecurrentWeights(
                outer: [weights.kernel] + (weights.bias.map { [$0] } ?? []),
                inner: [weights.recurrent])
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
            let sum = try graph.add(x, graph.matmul(hidden, weights[0]))
            // Input and forget gates lie side by side and take one pass.
            let first = try graph.activate(
                gate(0, of: sum, count: 2, in: &graph), recurrentActivation)
            let input = try gate(0, of: first, in: &graph)
            let forget = try gate(1, of: first, in: &graph)
            let candidate = try graph.activate(gate(2, of: sum, in: &graph), options.activation)
            let output = try graph.activate(gate(3, of: sum, in: &graph), recurrentActivation)
            let memory = try graph.add(
                graph.multiply(forget, states[1]), graph.multiply(input, candidate))
            let hidden = try graph.multiply(
                output, graph.activate(memory, options.activation))
            return [hidden, memory]
        }
    }
}
