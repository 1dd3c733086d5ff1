public import SwiftletFiles
public import SwiftletGraph

/// Applies an activation function; Keras's `Activation`.
public struct ActivationLayer: UnaryLayer {
    public static let className = "Activation"
    public var options: LayerOptions
    public let activation: Activation
    public var supportsMasking: Bool { true }

    public init(_ activation: Activation, name: String? = nil) {
        options = LayerOptions(name: name)
        self.activation = activation
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        activation = try config.activation("activation")
    }

    public var config: JSONObject { ["activation": activation.json] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.activate(x, activation)
    }
}
