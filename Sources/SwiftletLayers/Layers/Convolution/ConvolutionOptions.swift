internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// What Conv1D, Conv2D and Conv3D have in common.
package struct ConvolutionOptions: Sendable {
    let filters: Int
    let kernelSize: Extent
    let strides: Extent
    let dilation: Extent
    let padding: Padding
    let format: DataFormat
    let groups: Int
    let activation: Activation
    let usesBias: Bool
    let kernel: WeightOptions
    let bias: WeightOptions
    /// A trained change to a kernel that stays as it is.
    let lowRank: LowRank?

    init(
        filters: Int, kernelSize: Extent, strides: Extent, dilation: Extent, padding: Padding,
        format: DataFormat, groups: Int, activation: Activation, usesBias: Bool,
        kernel: WeightOptions, bias: WeightOptions
    ) {
        self.filters = filters
        self.kernelSize = kernelSize
        self.strides = strides
        self.dilation = dilation
        self.padding = padding
        self.format = format
        self.groups = groups
        self.activation = activation
        self.usesBias = usesBias
        self.kernel = kernel
        self.bias = bias
        lowRank = nil
    }

    init(config: LayerConfig, rank: Int, activation fallback: Activation = .linear) throws {
        filters = try config.positiveInt("filters")
        kernelSize = Extent(try config.ints("kernel_size", count: rank))
        let ones = [Int](repeating: 1, count: rank)
        strides = Extent(try config.ints("strides", count: rank, default: ones))
        dilation = Extent(try config.ints("dilation_rate", count: rank, default: ones))
        padding = try config.choice("padding", default: .valid)
        format = try config.choice("data_format", default: .channelsLast)
        groups = try config.positiveInt("groups", default: 1)
        activation = try config.activation("activation", default: fallback)
        usesBias = try config.bool("use_bias", default: true)
        kernel = try WeightOptions(config: config, "kernel", default: .glorotUniform)
        bias = try WeightOptions(config: config, "bias", default: .zeros)
        lowRank = try LowRank(config: config)
    }

    func config(rank: Int) -> JSONObject {
        var config: JSONObject = [
            "filters": .int(filters), "kernel_size": kernelSize.json(rank: rank),
            "strides": strides.json(rank: rank), "padding": .string(padding.rawValue),
            "data_format": .string(format.rawValue), "dilation_rate": dilation.json(rank: rank),
            "groups": .int(groups), "activation": activation.json, "use_bias": .bool(usesBias),
        ]
        kernel.write("kernel", to: &config)
        bias.write("bias", to: &config)
        lowRank?.write(to: &config)
        return config
    }

    /// `[batch, spatial…, channels]` → `[batch, spatial…, filters]`.
    func lower(_ x: Value, rank: Int, in lowering: inout Lowering) throws -> Value {
        guard padding != .causal || rank == 1 else {
            throw ModelError.config(key: "padding", cause: "\"causal\" needs one spatial axis")
        }
        let window = try Window(
            size: kernelSize.along(rank: rank, "kernel_size"),
            strides: strides.along(rank: rank, "strides"),
            dilation: dilation.along(rank: rank, "dilation_rate"), padding: padding)
        return try lowering.channelsLast(x, format) { lowering, x in
            let shape = try lowering.spatialShape(of: x, rank: rank)
            let channels = shape[rank + 1]
            guard channels % groups == 0, filters % groups == 0 else {
                throw ModelError.config(
                    key: "groups",
                    cause: "\(groups) does not divide \(channels) channels and \(filters) filters")
            }
            let kernelShape = window.size + [channels / groups, filters]
            let declareBias: (inout Lowering) throws -> Value? = { lowering in
                usesBias ? try lowering.weight("bias", [filters], bias) : nil
            }
            let weights =
                try lowRank?.changed(
                    "kernel", kernelShape, kernel, before: { _ = try declareBias(&$0) },
                    in: &lowering) ?? lowering.weight("kernel", kernelShape, kernel)
            var y = try lowering.graph.convolution(
                x, weights, strides: window.strides, dilation: window.dilation,
                padding: window.amounts(Array(shape[1...rank])), groups: groups)
            if let bias = try declareBias(&lowering) {
                y = try lowering.graph.add(y, bias)
            }
            return try lowering.activate(y, activation)
        }
    }
}

extension Extent {
    /// As Keras writes it: a list of as many numbers as there are axes.
    func json(rank: Int, minimum: Int = 0) -> JSON {
        .array(((try? along(rank: rank, "", minimum: minimum)) ?? []).map(JSON.int))
    }
}

extension Lowering {
    /// The shape of `x`, which must be `[batch, spatial…, channels]`.
    func spatialShape(of x: Value, rank: Int) throws -> [Int] {
        let shape = graph.shape(of: x)
        guard shape.rank == rank + 2 else {
            throw ModelError.config(
                key: "input",
                cause: "an input with \(rank + 2) axes expected, shape \(shape) found")
        }
        return shape.dimensions
    }
}
