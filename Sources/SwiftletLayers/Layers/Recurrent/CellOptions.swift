internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

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
    let seed: Int?

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
        seed = nil
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
        seed = try config.optionalInt("seed")
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

    /// The one axis of a step's input.
    func features(_ input: [Int]) throws -> Int {
        guard input.count == 1 else {
            throw ModelError.config(
                key: "input", cause: "[batch, time, features] expected, steps of \(input) found")
        }
        return input[0]
    }

    /// Declares kernel, recurrent kernel and (if used) bias for a number of gates.
    func weights(
        input: [Int], gates: Int, biasShape: [Int], biasOptions: WeightOptions? = nil,
        in lowering: inout Lowering
    ) throws -> (kernel: Value, recurrent: Value, bias: Value?) {
        let features = try features(input)
        guard units <= LayerConfig.largestSize / 8 else {
            throw ModelError.config(key: "units", cause: "\(units) is too large")
        }
        return (
            try lowering.weight("kernel", [features, gates * units], kernel),
            try lowering.weight("recurrent_kernel", [units, gates * units], recurrent),
            usesBias ? try lowering.weight("bias", biasShape, biasOptions ?? bias) : nil
        )
    }

    /// What dropout multiplies the input and the first state by; nothing unless in training.
    func drawDropout(
        for parameters: inout CellParameters, input: [Int], batch: Int,
        in lowering: inout Lowering
    ) throws {
        guard lowering.isTraining else { return }
        if dropout > 0 {
            parameters.inputFactors = [
                try lowering.dropoutFactors(
                    rate: dropout, extents: [batch, 1] + input, seed: seed, name: "input dropout")
            ]
        }
        if recurrentDropout > 0 {
            parameters.stateFactors = [
                try lowering.dropoutFactors(
                    rate: recurrentDropout, extents: [batch, units], seed: seed,
                    name: "recurrent dropout")
            ]
        }
    }

    /// `x · kernel + bias` for all steps in one product: outer weights 0 and, if there is, 1.
    func project(
        _ x: Value, with parameters: CellParameters, in graph: inout Graph
    ) throws -> Value {
        let shape = graph.shape(of: x)
        var x = x
        if let factors = parameters.inputFactors.first { x = try graph.multiply(x, factors) }
        let rows = try graph.reshape(x, to: [shape[0] * shape[1], shape[2]])
        var y = try graph.matmul(rows, parameters.outer[0])
        if let bias = parameters.outer.dropFirst().first { y = try graph.add(y, bias) }
        return try graph.reshape(y, to: [shape[0], shape[1], graph.shape(of: y)[1]])
    }

    /// The cell as the kernels know it; nil with dropout or activations over an axis.
    func known(
        _ kind: KnownCell.Kind, recurrent: Activation = .linear, _ parameters: CellParameters
    ) -> KnownCell? {
        guard parameters.stateFactors.isEmpty, let activation = activation.pointwise,
            let recurrent = recurrent.pointwise
        else { return nil }
        return KnownCell(kind, activation: activation, recurrentActivation: recurrent)
    }
}
