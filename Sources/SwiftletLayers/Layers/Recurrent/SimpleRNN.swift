public import SwiftletFiles
public import SwiftletGraph

/// A recurrence with one state: `h ← activation(x · kernel + h · recurrent + bias)`.
///
/// `[batch, time, features]` → `[batch, units]`, or with `returnsSequences` `[batch, time, units]`.
public struct SimpleRNN: RecurrentLayer {
    public static let className = "SimpleRNN"
    public var options: LayerOptions
    private let cell: SimpleRNNCell
    private var recurrence: RecurrentOptions

    public init(
        _ units: Int, activation: Activation = .tanh,
        usesBias: Bool = true, returnsSequences: Bool = false, returnsState: Bool = false,
        goesBackwards: Bool = false, isStateful: Bool = false, dropout: Float = 0,
        recurrentDropout: Float = 0,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = SimpleRNNCell(
            units, activation: activation, usesBias: usesBias, dropout: dropout,
            recurrentDropout: recurrentDropout)
        recurrence = RecurrentOptions(
            returnsSequences: returnsSequences, returnsState: returnsState,
            goesBackwards: goesBackwards, isStateful: isStateful)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = try SimpleRNNCell(config: config)
        recurrence = try RecurrentOptions(config: config)
    }

    public var config: JSONObject {
        var config = cell.config
        recurrence.write(to: &config)
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
