public import SwiftletFiles
public import SwiftletGraph

/// Convolution over the spatial axes of `[batch, spatial…, channels]`; the result has `filters`
/// channels. Keras's `Conv1D`, `Conv2D` and `Conv3D`.
///
/// The kernel is `[size…, channels / groups, filters]`.
public struct Conv<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "Conv\(Rank.count)D" }
    public var options: LayerOptions
    private let convolution: ConvolutionOptions

    /// - Parameters:
    ///   - kernel: the size of the window.
    ///   - groups: parts of the channels that are convolved apart from each other.
    public init(
        _ filters: Int, kernel: Extent, strides: Extent = 1, padding: Padding = .valid,
        dilation: Extent = 1, groups: Int = 1, format: DataFormat = .channelsLast,
        activation: Activation = .linear, usesBias: Bool = true,
        kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
        kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        convolution = ConvolutionOptions(
            filters: filters, kernelSize: kernel, strides: strides, dilation: dilation,
            padding: padding, format: format, groups: groups, activation: activation,
            usesBias: usesBias,
            kernel: WeightOptions(kernelInitializer, regularizer: kernelRegularizer),
            bias: WeightOptions(biasInitializer, regularizer: biasRegularizer))
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        convolution = try ConvolutionOptions(config: config, rank: Rank.count)
    }

    public var config: JSONObject { convolution.config(rank: Rank.count) }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try convolution.lower(x, rank: Rank.count, in: &lowering)
    }
}

public typealias Conv1D = Conv<OneAxis>
public typealias Conv2D = Conv<TwoAxes>
public typealias Conv3D = Conv<ThreeAxes>
