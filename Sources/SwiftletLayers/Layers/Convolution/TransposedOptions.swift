internal import SwiftletFiles
internal import SwiftletGraph

/// What the transposed convolutions have in common.
package struct TransposedOptions: Sendable {
    let filters: Int
    let kernelSize: Extent
    let strides: Extent
    let dilation: Extent
    let padding: Padding
    /// What is added to one side of the output; nil for Keras's choice.
    let outputPadding: Extent?
    let format: DataFormat
    let activation: Activation
    let usesBias: Bool
    let kernel: WeightOptions
    let bias: WeightOptions

    init(
        filters: Int, kernelSize: Extent, strides: Extent, dilation: Extent, padding: Padding,
        outputPadding: Extent?, format: DataFormat, activation: Activation, usesBias: Bool,
        kernel: WeightOptions, bias: WeightOptions
    ) {
        self.filters = filters
        self.kernelSize = kernelSize
        self.strides = strides
        self.dilation = dilation
        self.padding = padding
        self.outputPadding = outputPadding
        self.format = format
        self.activation = activation
        self.usesBias = usesBias
        self.kernel = kernel
        self.bias = bias
    }

    init(config: LayerConfig, rank: Int) throws {
        filters = try config.positiveInt("filters")
        kernelSize = Extent(try config.ints("kernel_size", count: rank))
        let ones = [Int](repeating: 1, count: rank)
        strides = Extent(try config.ints("strides", count: rank, default: ones))
        dilation = Extent(try config.ints("dilation_rate", count: rank, default: ones))
        padding = try config.choice("padding", default: .valid)
        outputPadding = try config.value("output_padding").map { _ in
            Extent(try config.ints("output_padding", count: rank, minimum: 0))
        }
        format = try config.choice("data_format", default: .channelsLast)
        activation = try config.activation("activation")
        usesBias = try config.bool("use_bias", default: true)
        kernel = try WeightOptions(config: config, "kernel", default: .glorotUniform)
        bias = try WeightOptions(config: config, "bias", default: .zeros)
    }

    func config(rank: Int) -> JSONObject {
        var config: JSONObject = [
            "filters": .int(filters), "kernel_size": kernelSize.json(rank: rank),
            "strides": strides.json(rank: rank), "padding": .string(padding.rawValue),
            "output_padding": outputPadding?.json(rank: rank) ?? .null,
            "data_format": .string(format.rawValue), "dilation_rate": dilation.json(rank: rank),
            "activation": activation.json, "use_bias": .bool(usesBias),
        ]
        kernel.write("kernel", to: &config)
        bias.write("bias", to: &config)
        return config
    }

    /// `[batch, spatial…, channels]` → `[batch, spatial…, filters]`: the input gradient of a
    /// convolution whose kernel is `[size…, filters, channels]`.
    func lower(_ x: Value, rank: Int, in lowering: inout Lowering) throws -> Value {
        guard padding != .causal else {
            throw ModelError.config(key: "padding", cause: "\"causal\" has no transpose")
        }
        let window = try Window(
            size: kernelSize.along(rank: rank, "kernel_size"),
            strides: strides.along(rank: rank, "strides"),
            dilation: dilation.along(rank: rank, "dilation_rate"), padding: padding)
        let extra = try outputPadding?.along(rank: rank, "output_padding", minimum: 0)
        return try lowering.channelsLast(x, format) { lowering, x in
            let shape = try lowering.spatialShape(of: x, rank: rank)
            let channels = shape[rank + 1]
            let spatial = try (0..<rank).map { axis in
                try Self.outputSize(shape[axis + 1], window, axis, extra?[axis])
            }
            let weights = try lowering.weight("kernel", window.size + [filters, channels], kernel)
            var y = try lowering.graph.transposedConvolution(
                x, weights, to: spatial, strides: window.strides, dilation: window.dilation,
                padding: window.amounts(spatial))
            if usesBias {
                y = try lowering.graph.add(y, lowering.weight("bias", [filters], bias))
            }
            return try lowering.activate(y, activation)
        }
    }

    /// Keras's output extent along one axis.
    static func outputSize(
        _ input: Int, _ window: Window, _ axis: Int, _ extra: Int?
    ) throws -> Int {
        let stride = window.strides[axis]
        let (reach, overflow) = (window.size[axis] - 1)
            .multipliedReportingOverflow(by: window.dilation[axis])
        guard !overflow, reach < LayerConfig.largestSize, stride < LayerConfig.largestSize / 1024
        else { throw ModelError.config(key: "kernel_size", cause: "is too large") }
        let kernel = reach + 1
        switch (window.padding, extra) {
        case (.same, nil): return input * stride
        case (.same, let extra?): return (input - 1) * stride + kernel % 2 + extra
        case (_, nil): return (input - 1) * stride + max(kernel, stride)
        case (_, let extra?): return (input - 1) * stride + kernel + extra
        }
    }
}
