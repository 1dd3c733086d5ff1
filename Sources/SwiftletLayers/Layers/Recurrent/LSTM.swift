public import SwiftletFiles
public import SwiftletGraph

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
    private let cell: LSTMCell
    private var recurrence: RecurrentOptions

    public init(
        _ units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
        usesBias: Bool = true, returnsSequences: Bool = false, returnsState: Bool = false,
        goesBackwards: Bool = false, isStateful: Bool = false, unitForgetBias: Bool = true,
        dropout: Float = 0,
        recurrentDropout: Float = 0,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = LSTMCell(
            units, activation: activation, recurrentActivation: recurrentActivation,
            usesBias: usesBias, unitForgetBias: unitForgetBias, dropout: dropout,
            recurrentDropout: recurrentDropout)
        recurrence = RecurrentOptions(
            returnsSequences: returnsSequences, returnsState: returnsState,
            goesBackwards: goesBackwards, isStateful: isStateful)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = try LSTMCell(config: config)
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
