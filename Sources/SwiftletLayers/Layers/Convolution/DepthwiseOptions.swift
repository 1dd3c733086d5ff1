internal import SwiftletFiles
internal import SwiftletGraph

/// What depthwise and separable convolutions have in common: the part that keeps channels apart.
package struct DepthwiseOptions: Sendable {
    let kernelSize: Extent
    let strides: Extent
    let dilation: Extent
    let padding: Padding
    let format: DataFormat
    let multiplier: Int
    let kernel: WeightOptions

    init(
        kernelSize: Extent, strides: Extent, dilation: Extent, padding: Padding,
        format: DataFormat, multiplier: Int, kernel: WeightOptions
    ) {
        self.kernelSize = kernelSize
        self.strides = strides
        self.dilation = dilation
        self.padding = padding
        self.format = format
        self.multiplier = multiplier
        self.kernel = kernel
    }

    init(config: LayerConfig, rank: Int) throws {
        kernelSize = Extent(try config.ints("kernel_size", count: rank))
        let ones = [Int](repeating: 1, count: rank)
        strides = Extent(try config.ints("strides", count: rank, default: ones))
        dilation = Extent(try config.ints("dilation_rate", count: rank, default: ones))
        padding = try config.choice("padding", default: .valid)
        format = try config.choice("data_format", default: .channelsLast)
        multiplier = try config.positiveInt("depth_multiplier", default: 1)
        kernel = try WeightOptions(config: config, "depthwise", default: .glorotUniform)
    }

    func write(to config: inout JSONObject, rank: Int) {
        config["kernel_size"] = kernelSize.json(rank: rank)
        config["strides"] = strides.json(rank: rank)
        config["padding"] = .string(padding.rawValue)
        config["depth_multiplier"] = .int(multiplier)
        config["data_format"] = .string(format.rawValue)
        config["dilation_rate"] = dilation.json(rank: rank)
        kernel.write("depthwise", to: &config)
    }

    /// Each channel with its own `multiplier` kernels: the weight is `[size…, channels, multiplier]`.
    func lower(
        _ x: Value, rank: Int, weight name: String, in lowering: inout Lowering
    ) throws -> Value {
        let window = try Window(
            size: kernelSize.along(rank: rank, "kernel_size"),
            strides: strides.along(rank: rank, "strides"),
            dilation: dilation.along(rank: rank, "dilation_rate"), padding: padding)
        let shape = try lowering.spatialShape(of: x, rank: rank)
        let channels = shape[rank + 1]
        let weights = try lowering.weight(name, window.size + [channels, multiplier], kernel)
        return try lowering.graph.depthwiseConvolution(
            x, weights, strides: window.strides, dilation: window.dilation,
            padding: window.amounts(Array(shape[1...rank])))
    }
}
