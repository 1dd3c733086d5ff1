public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Convolution of every channel by itself: `[batch, spatial…, channels]` → the same with
/// `channels · depthMultiplier` channels. Keras's `DepthwiseConv1D` and `DepthwiseConv2D`.
///
/// The kernel is `[size…, channels, depthMultiplier]`.
public struct DepthwiseConv<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "DepthwiseConv\(Rank.count)D" }
    public var options: LayerOptions
    private let depthwise: DepthwiseOptions
    private let activation: Activation
    private let usesBias: Bool
    private let bias: WeightOptions

    public init(
        kernel: Extent, strides: Extent = 1, padding: Padding = .valid, dilation: Extent = 1,
        depthMultiplier: Int = 1, format: DataFormat = .channelsLast,
        activation: Activation = .linear, usesBias: Bool = true,
        depthwiseInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
        depthwiseRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        depthwise = DepthwiseOptions(
            kernelSize: kernel, strides: strides, dilation: dilation, padding: padding,
            format: format, multiplier: depthMultiplier,
            kernel: WeightOptions(depthwiseInitializer, regularizer: depthwiseRegularizer))
        self.activation = activation
        self.usesBias = usesBias
        bias = WeightOptions(biasInitializer, regularizer: biasRegularizer)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        depthwise = try DepthwiseOptions(config: config, rank: Rank.count)
        activation = try config.activation("activation")
        usesBias = try config.bool("use_bias", default: true)
        bias = try WeightOptions(config: config, "bias", default: .zeros)
    }

    public var config: JSONObject {
        var config: JSONObject = [:]
        depthwise.write(to: &config, rank: Rank.count)
        config["activation"] = activation.json
        config["use_bias"] = .bool(usesBias)
        bias.write("bias", to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.channelsLast(x, depthwise.format) { lowering, x in
            var y = try depthwise.lower(x, rank: Rank.count, weight: "kernel", in: &lowering)
            if usesBias {
                let channels = lowering.graph.shape(of: y)[Rank.count + 1]
                y = try lowering.graph.add(y, lowering.weight("bias", [channels], bias))
            }
            return try lowering.activate(y, activation)
        }
    }
}

public typealias DepthwiseConv1D = DepthwiseConv<OneAxis>
public typealias DepthwiseConv2D = DepthwiseConv<TwoAxes>
