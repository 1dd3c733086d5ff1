public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A depthwise convolution, then a 1×1 convolution that mixes the channels: `[batch, spatial…,
/// channels]` → the same with `filters` channels. Keras's `SeparableConv1D` and `SeparableConv2D`.
public struct SeparableConv<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "SeparableConv\(Rank.count)D" }
    public var options: LayerOptions
    private let filters: Int
    private let depthwise: DepthwiseOptions
    private let pointwise: WeightOptions
    private let activation: Activation
    private let usesBias: Bool
    private let bias: WeightOptions

    public init(
        _ filters: Int, kernel: Extent, strides: Extent = 1, padding: Padding = .valid,
        dilation: Extent = 1, depthMultiplier: Int = 1, format: DataFormat = .channelsLast,
        activation: Activation = .linear, usesBias: Bool = true,
        depthwiseInitializer: Initializer = .glorotUniform,
        pointwiseInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.filters = filters
        depthwise = DepthwiseOptions(
            kernelSize: kernel, strides: strides, dilation: dilation, padding: padding,
            format: format, multiplier: depthMultiplier,
            kernel: WeightOptions(depthwiseInitializer))
        pointwise = WeightOptions(pointwiseInitializer)
        self.activation = activation
        self.usesBias = usesBias
        bias = WeightOptions(biasInitializer)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        filters = try config.positiveInt("filters")
        depthwise = try DepthwiseOptions(config: config, rank: Rank.count)
        pointwise = try WeightOptions(config: config, "pointwise", default: .glorotUniform)
        activation = try config.activation("activation")
        usesBias = try config.bool("use_bias", default: true)
        bias = try WeightOptions(config: config, "bias", default: .zeros)
    }

    public var config: JSONObject {
        var config: JSONObject = ["filters": .int(filters)]
        depthwise.write(to: &config, rank: Rank.count)
        pointwise.write("pointwise", to: &config)
        config["activation"] = activation.json
        config["use_bias"] = .bool(usesBias)
        bias.write("bias", to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.channelsLast(x, depthwise.format) { lowering, x in
            let parts = try depthwise.lower(
                x, rank: Rank.count, weight: "depthwise_kernel", in: &lowering)
            let ones = [Int](repeating: 1, count: Rank.count)
            let channels = lowering.graph.shape(of: parts)[Rank.count + 1]
            let mixing = try lowering.weight(
                "pointwise_kernel", ones + [channels, filters], pointwise)
            var y = try lowering.graph.convolution(
                parts, mixing, strides: ones, dilation: ones,
                padding: ones.map { _ in (before: 0, after: 0) }, groups: 1)
            if usesBias {
                y = try lowering.graph.add(y, lowering.weight("bias", [filters], bias))
            }
            return try lowering.activate(y, activation)
        }
    }
}

public typealias SeparableConv1D = SeparableConv<OneAxis>
public typealias SeparableConv2D = SeparableConv<TwoAxes>
