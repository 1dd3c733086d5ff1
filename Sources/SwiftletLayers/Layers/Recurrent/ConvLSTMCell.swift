internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// One step of ``ConvLSTM``, channels last: input `[batch, spatial…, channels]` and the states,
/// output and memory, both `[batch, spatial…, filters]`.
///
/// The gates lie in the order input, forget, cell, output along the last axis of the weights.
struct ConvLSTMCell<Rank: SpatialRank>: RecurrentCell {
    static var className: String { "ConvLSTMCell" }
    var options: LayerOptions
    private let convolution: ConvolutionOptions
    private let recurrent: WeightOptions
    private let recurrentActivation: Activation
    private let unitForgetBias: Bool
    private let dropout: Float
    private let recurrentDropout: Float
    private let seed: Int?

    var format: DataFormat { convolution.format }
    private var filters: Int { convolution.filters }
    private var rank: Int { Rank.count }

    init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        convolution = try ConvolutionOptions(
            config: config, rank: Rank.count, activation: .tanh)
        recurrent = try WeightOptions(config: config, "recurrent", default: .orthogonal())
        recurrentActivation = try config.activation("recurrent_activation", default: .sigmoid)
        unitForgetBias = try config.bool("unit_forget_bias", default: true)
        dropout = try config.rate("dropout", default: 0)
        recurrentDropout = try config.rate("recurrent_dropout", default: 0)
        seed = try config.optionalInt("seed")
        guard filters <= LayerConfig.largestSize / 8 else {
            throw ModelError.config(key: "filters", cause: "\(filters) is too large")
        }
    }

    init(
        filters: Int, kernel: Extent, strides: Extent, padding: Padding, format: DataFormat,
        dilation: Extent, activation: Activation, recurrentActivation: Activation, usesBias: Bool,
        unitForgetBias: Bool, dropout: Float, recurrentDropout: Float
    ) {
        options = LayerOptions()
        convolution = ConvolutionOptions(
            filters: filters, kernelSize: kernel, strides: strides, dilation: dilation,
            padding: padding, format: format, groups: 1, activation: activation,
            usesBias: usesBias, kernel: WeightOptions(.glorotUniform), bias: WeightOptions(.zeros))
        recurrent = WeightOptions(.orthogonal())
        self.recurrentActivation = recurrentActivation
        self.unitForgetBias = unitForgetBias
        self.dropout = dropout
        self.recurrentDropout = recurrentDropout
        seed = nil
    }

    var config: JSONObject {
        var config = convolution.config(rank: rank)
        config["groups"] = nil
        config["recurrent_activation"] = recurrentActivation.json
        recurrent.write("recurrent", to: &config)
        config["unit_forget_bias"] = .bool(unitForgetBias)
        config["dropout"] = .number(dropout)
        config["recurrent_dropout"] = .number(recurrentDropout)
        return config
    }

    func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try lowerStep(call, in: &lowering)
    }

    private func window() throws -> Window {
        guard convolution.padding != .causal else {
            throw ModelError.config(key: "padding", cause: "\"causal\" is not for this layer")
        }
        return try Window(
            size: convolution.kernelSize.along(rank: rank, "kernel_size"),
            strides: convolution.strides.along(rank: rank, "strides"),
            dilation: convolution.dilation.along(rank: rank, "dilation_rate"),
            padding: convolution.padding)
    }

    func stateExtents(input: [Int]) throws -> [[Int]] {
        guard input.count == rank + 1 else {
            throw ModelError.config(
                key: "input", cause: "\(rank + 3) axes expected, steps of \(input) found")
        }
        let window = try window()
        let amounts = try window.amounts(Array(input[..<rank]))
        let spatial = (0..<rank).map { axis in
            let padded = input[axis] + amounts[axis].before + amounts[axis].after
            let reach = (window.size[axis] - 1) * window.dilation[axis] + 1
            return (padded - reach) / window.strides[axis] + 1
        }
        return [spatial + [filters], spatial + [filters]]
    }

    func parameters(
        input: [Int], batch: Int, in lowering: inout Lowering
    ) throws -> CellParameters {
        let window = try window()
        let state = try stateExtents(input: input)[0]
        let kernel = try lowering.weight(
            "kernel", window.size + [input[rank], 4 * filters], convolution.kernel)
        let recurrent = try lowering.weight(
            "recurrent_kernel", window.size + [filters, 4 * filters], recurrent)
        var parameters = CellParameters(outer: [kernel], inner: [recurrent])
        if convolution.usesBias {
            var bias = convolution.bias
            if unitForgetBias { bias.initializer = .unitForget(bias.initializer) }
            parameters.outer.append(try lowering.weight("bias", [4 * filters], bias))
        }
        guard lowering.isTraining else { return parameters }
        // Every gate drops for itself.
        func factors(_ rate: Float, _ extents: [Int], _ name: String) throws -> [Value] {
            guard rate > 0, rate < 1 else { return [] }
            return try (0..<4).map {
                try lowering.dropoutFactors(
                    rate: rate, extents: extents, seed: seed, name: "\(name) \($0)")
            }
        }
        parameters.inputFactors = try factors(dropout, [batch, 1] + input, "input dropout")
        parameters.stateFactors = try factors(
            recurrentDropout, [batch] + state, "recurrent dropout")
        return parameters
    }

    func project(
        _ x: Value, with parameters: CellParameters, in graph: inout Graph
    ) throws -> Value {
        let shape = graph.shape(of: x).dimensions
        let window = try window()
        let amounts = try window.amounts(Array(shape[2..<rank + 2]))
        func convolve(_ x: Value, _ kernel: Value, _ graph: inout Graph) throws -> Value {
            let images = try graph.reshape(x, to: [shape[0] * shape[1]] + shape[2...])
            return try graph.convolution(
                images, kernel, strides: window.strides, dilation: window.dilation,
                padding: amounts, groups: 1)
        }
        var y = try gatewise(x, parameters.inputFactors, parameters.outer[0], in: &graph, convolve)
        if let bias = parameters.outer.dropFirst().first { y = try graph.add(y, bias) }
        return try graph.reshape(
            y, to: [shape[0], shape[1]] + graph.shape(of: y).dimensions.dropFirst())
    }

    /// A convolution for all gates at once, or for each with its own dropout.
    private func gatewise(
        _ x: Value, _ factors: [Value], _ kernel: Value, in graph: inout Graph,
        _ convolve: (Value, Value, inout Graph) throws -> Value
    ) throws -> Value {
        guard !factors.isEmpty else { return try convolve(x, kernel, &graph) }
        let axis = graph.shape(of: kernel).rank - 1
        let parts = try factors.enumerated().map { gate, factor in
            let part = try graph.slice(
                kernel, axis: axis, gate * filters..<(gate + 1) * filters)
            return try convolve(graph.multiply(x, factor), part, &graph)
        }
        return try graph.concatenate(parts, axis: graph.shape(of: parts[0]).rank - 1)
    }

    func step(
        _ x: Value, states: [Value], with parameters: CellParameters, in graph: inout Graph
    ) throws -> (output: Value, states: [Value]) {
        let ones = [Int](repeating: 1, count: rank)
        let window = try Window(
            size: window().size, strides: ones, dilation: ones, padding: .same)
        let amounts = try window.amounts(
            Array(graph.shape(of: states[0]).dimensions[1...rank]))
        let recurrent = try gatewise(
            states[0], parameters.stateFactors, parameters.inner[0], in: &graph
        ) { state, kernel, graph in
            try graph.convolution(
                state, kernel, strides: ones, dilation: ones, padding: amounts, groups: 1)
        }
        let sum = try graph.add(x, recurrent)
        func gate(_ number: Int, _ activation: Activation, _ graph: inout Graph) throws -> Value {
            let part = try graph.slice(
                sum, axis: rank + 1, number * filters..<(number + 1) * filters)
            return try graph.activate(part, activation)
        }
        let input = try gate(0, recurrentActivation, &graph)
        let forget = try gate(1, recurrentActivation, &graph)
        let candidate = try gate(2, convolution.activation, &graph)
        let exit = try gate(3, recurrentActivation, &graph)
        let memory = try graph.add(
            graph.multiply(forget, states[1]), graph.multiply(input, candidate))
        let output = try graph.multiply(exit, graph.activate(memory, convolution.activation))
        return (output, [output, memory])
    }
}
