public import SwiftletFiles
public import SwiftletGraph

/// A recurrence with one state: `h ← activation(x · kernel + h · recurrent + bias)`.
///
/// `[batch, time, features]` → `[batch, units]`, or with `returnsSequences` `[batch, time, units]`.
public struct SimpleRNN: RecurrentLayer {
    public static let className = "SimpleRNN"
    public var options: LayerOptions
    private let cell: Cell
    private var recurrence: RecurrentOptions

    public init(
        _ units: Int, activation: Activation = .tanh,
        usesBias: Bool = true, returnsSequences: Bool = false, returnsState: Bool = false,
        goesBackwards: Bool = false, dropout: Float = 0, recurrentDropout: Float = 0,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = Cell(
            options: CellOptions(
                units: units, activation: activation, usesBias: usesBias, dropout: dropout,
                recurrentDropout: recurrentDropout))
        recurrence = RecurrentOptions(
            returnsSequences: returnsSequences, returnsState: returnsState,
            goesBackwards: goesBackwards)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = Cell(
            options: try CellOptions(config: config))
        recurrence = try RecurrentOptions(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = [:]
        recurrence.write(to: &config)
        cell.options.write(to: &config)
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

extension SimpleRNN {
    /// One step of ``SimpleRNN``.
    struct Cell: RecurrentCell {
        let options: CellOptions
        var units: Int { options.units }
        var stateCount: Int { 1 }
        var inputDropout: Float { options.dropout }
        var recurrentDropout: Float { options.recurrentDropout }

        func weights(features: Int, in lowering: inout Lowering) throws -> RecurrentWeights {
            let weights = try options.weights(
                features: features, gates: 1, biasShape: [units], in: &lowering)
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
            return [try graph.activate(sum, options.activation)]
        }
    }
}
