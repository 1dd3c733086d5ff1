public import SwiftletFiles
public import SwiftletGraph

/// The transpose of a convolution, which enlarges `[batch, spatial…, channels]` by the strides; the
/// result has `filters` channels. Keras's `Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`.
///
/// The kernel is `[size…, filters, channels]`.
public struct ConvTranspose<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "Conv\(Rank.count)DTranspose" }
    public var options: LayerOptions
    private let convolution: TransposedOptions

    /// - Parameter outputPadding: what is added to one side of the output; nil for Keras's choice.
    public init(
        _ filters: Int, kernel: Extent, strides: Extent = 1, padding: Padding = .valid,
        outputPadding: Extent? = nil, dilation: Extent = 1, format: DataFormat = .channelsLast,
        activation: Activation = .linear, usesBias: Bool = true,
        kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
        kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        convolution = TransposedOptions(
            filters: filters, kernelSize: kernel, strides: strides, dilation: dilation,
            padding: padding, outputPadding: outputPadding, format: format, activation: activation,
            usesBias: usesBias,
            kernel: WeightOptions(kernelInitializer, regularizer: kernelRegularizer),
            bias: WeightOptions(biasInitializer, regularizer: biasRegularizer))
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        convolution = try TransposedOptions(config: config, rank: Rank.count)
    }

    public var config: JSONObject { convolution.config(rank: Rank.count) }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try convolution.lower(x, rank: Rank.count, in: &lowering)
    }
}

public typealias Conv1DTranspose = ConvTranspose<OneAxis>
public typealias Conv2DTranspose = ConvTranspose<TwoAxes>
public typealias Conv3DTranspose = ConvTranspose<ThreeAxes>
