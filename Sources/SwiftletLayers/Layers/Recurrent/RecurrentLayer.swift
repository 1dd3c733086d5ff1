internal import SwiftletFiles
internal import SwiftletGraph

/// A layer that walks along the time axis; what ``Bidirectional`` wraps.
public protocol RecurrentLayer: Layer {
    /// Whether the output has every step, or only the last.
    var returnsSequences: Bool { get }
    /// Whether the last states are outputs too.
    var returnsState: Bool { get }
    /// The same layer, walking the other way.
    var reversed: Self { get }
}

/// The weights and dropouts that the cells of Keras have in common.
package struct CellOptions: Sendable {
    let units: Int
    let activation: Activation
    let usesBias: Bool
    let kernel: WeightOptions
    let recurrent: WeightOptions
    let bias: WeightOptions
    let dropout: Float
    let recurrentDropout: Float

    init(
        units: Int, activation: Activation, usesBias: Bool, dropout: Float,
        recurrentDropout: Float
    ) {
        self.units = units
        self.activation = activation
        self.usesBias = usesBias
        kernel = WeightOptions(.glorotUniform)
        recurrent = WeightOptions(.orthogonal())
        bias = WeightOptions(.zeros)
        self.dropout = dropout
        self.recurrentDropout = recurrentDropout
    }

    init(config: LayerConfig) throws {
        units = try config.positiveInt("units")
        activation = try config.activation("activation", default: .tanh)
        usesBias = try config.bool("use_bias", default: true)
        kernel = try WeightOptions(config: config, "kernel", default: .glorotUniform)
        recurrent = try WeightOptions(config: config, "recurrent", default: .orthogonal())
        bias = try WeightOptions(config: config, "bias", default: .zeros)
        dropout = try config.rate("dropout", default: 0)
        recurrentDropout = try config.rate("recurrent_dropout", default: 0)
    }

    func write(to config: inout JSONObject) {
        config["units"] = .int(units)
        config["activation"] = activation.json
        config["use_bias"] = .bool(usesBias)
        kernel.write("kernel", to: &config)
        recurrent.write("recurrent", to: &config)
        bias.write("bias", to: &config)
        config["dropout"] = .number(dropout)
        config["recurrent_dropout"] = .number(recurrentDropout)
    }

    /// Declares kernel, recurrent kernel and (if used) bias for a number of gates.
    func weights(
        features: Int, gates: Int, biasShape: [Int], biasOptions: WeightOptions? = nil,
        in lowering: inout Lowering
    ) throws -> (kernel: Value, recurrent: Value, bias: Value?) {
        (
            try lowering.weight("kernel", [features, gates * units], kernel),
            try lowering.weight("recurrent_kernel", [units, gates * units], recurrent),
            usesBias ? try lowering.weight("bias", biasShape, biasOptions ?? bias) : nil
        )
    }
}
