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
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        units = try config.positiveInt("units")
        activation = try config.activation("activation")
        usesBias = try config.bool("use_bias", default: true)
        kernel = try WeightOptions(config: config, "kernel", default: .glorotUniform)
        bias = try WeightOptions(config: config, "bias", default: .zeros)
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "units": .int(units), "activation": activation.json, "use_bias": .bool(usesBias),
        ]
        kernel.write("kernel", to: &config)
        bias.write("bias", to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank >= 2, let features = shape.last else {
            throw refusal("an input of [batch, …, features] expected, \(shape) found")
        }
        let matrix = try lowering.weight("kernel", [features, units], kernel)
        // One product of all rows, whatever axes they come from.
        let rows = try lowering.graph.reshape(
            x, to: [shape.count(of: ..<(shape.rank - 1)), features])
        var y = try lowering.graph.matmul(rows, matrix)
        if usesBias {
            y = try lowering.graph.add(y, lowering.weight("bias", [units], bias))
        }
        // Activations work along the last axis at most, so they may come before the reshape, where
        // a pass merges them into the product.
        y = try lowering.activate(y, activation)
        let columns = lowering.graph.shape(of: y)[1]
        return try lowering.graph.reshape(y, to: shape.dimensions.dropLast() + [columns])
    }
}
