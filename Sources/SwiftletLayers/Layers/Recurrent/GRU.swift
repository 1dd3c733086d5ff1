public import SwiftletFiles
public import SwiftletGraph

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
    private let cell: GRUCell
    private var recurrence: RecurrentOptions

    public init(
        _ units: Int, activation: Activation = .tanh, recurrentActivation: Activation = .sigmoid,
        usesBias: Bool = true, returnsSequences: Bool = false, returnsState: Bool = false,
        goesBackwards: Bool = false, isStateful: Bool = false, resetsAfter: Bool = true,
        dropout: Float = 0,
        recurrentDropout: Float = 0,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = GRUCell(
            units, activation: activation, recurrentActivation: recurrentActivation,
            usesBias: usesBias, resetsAfter: resetsAfter, dropout: dropout,
            recurrentDropout: recurrentDropout)
        recurrence = RecurrentOptions(
            returnsSequences: returnsSequences, returnsState: returnsState,
            goesBackwards: goesBackwards, isStateful: isStateful)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = try GRUCell(config: config)
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
