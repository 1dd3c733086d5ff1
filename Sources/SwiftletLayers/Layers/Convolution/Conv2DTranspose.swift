public import SwiftletFiles
public import SwiftletGraph

/// The transpose of a convolution over an image, which enlarges it by the strides: `[batch, height, width, channels]` → the
/// same with `filters` channels. The kernel is `[size…, filters, channels]`.
public struct Conv2DTranspose: UnaryLayer {
    public static let className = "Conv2DTranspose"
    public var options: LayerOptions
    private let convolution: TransposedOptions
    private static let rank = 2

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
        convolution = try TransposedOptions(config: config, rank: Self.rank)
    }

    public var config: JSONObject { convolution.config(rank: Self.rank) }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try convolution.lower(x, rank: Self.rank, in: &lowering)
    }
}
