public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// `y = activation(x · kernel + bias)`: `[batch, …, features]` → `[batch, …, units]`.
public struct Dense: UnaryLayer {
    public static let className = "Dense"
    public var options: LayerOptions
    public let units: Int
    public let activation: Activation
    public let usesBias: Bool
    public let kernel: WeightOptions
    public let bias: WeightOptions
    private let form: KernelForm
    public var supportsMasking: Bool { true }

    public init(
        _ units: Int, activation: Activation = .linear, usesBias: Bool = true,
        kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros,
        kernelRegularizer: Regularizer? = nil, biasRegularizer: Regularizer? = nil,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.units = units
        self.activation = activation
        self.usesBias = usesBias
        kernel = WeightOptions(kernelInitializer, regularizer: kernelRegularizer)
        bias = WeightOptions(biasInitializer, regularizer: biasRegularizer)
        form = .plain
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        units = try config.positiveInt("units")
        activation = try config.activation("activation")
        usesBias = try config.bool("use_bias", default: true)
        kernel = try WeightOptions(config: config, "kernel", default: .glorotUniform)
        bias = try WeightOptions(config: config, "bias", default: .zeros)
        form = try KernelForm(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "units": .int(units), "activation": activation.json, "use_bias": .bool(usesBias),
        ]
        kernel.write("kernel", to: &config)
        bias.write("bias", to: &config)
        form.write(to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank >= 2, let features = shape.last else {
            throw refusal("an input of [batch, …, features] expected, \(shape) found")
        }
        // One product of all rows, whatever axes they come from.
        let count = shape.count(of: ..<(shape.rank - 1))
        let rows = try lowering.graph.reshape(x, to: [count, features])
        var y: Value
        let bias: Value?
        if let quantized = form.quantized {
            let axes = KernelAxes(
                input: ["n", "k"], kernel: ["k", "u"], output: ["n", "u"],
                extents: ["n": count, "k": features, "u": units], isMatrix: true)
            (y, bias) = try form.product(
                rows, axes, by: quantized, kernel, bias: usesBias ? ([units], self.bias) : nil,
                in: &lowering)
        } else {
            let declareBias: (inout Lowering) throws -> Value? = { lowering in
                usesBias ? try lowering.weight("bias", [units], self.bias) : nil
            }
            let matrix = try form.kernel(
                [features, units], kernel, before: { _ = try declareBias(&$0) }, in: &lowering)
            bias = try declareBias(&lowering)
            y = try lowering.graph.matmul(rows, matrix)
        }
        if let bias { y = try lowering.graph.add(y, bias) }
        // Activations work along the last axis at most, so they may come before the reshape, where
        // a pass merges them into the product.
        y = try lowering.activate(y, activation)
        let columns = lowering.graph.shape(of: y)[1]
        return try lowering.graph.reshape(y, to: shape.dimensions.dropLast() + [columns])
    }
}
