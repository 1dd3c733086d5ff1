public import SwiftletFiles
public import SwiftletGraph

/// Multiplies every channel by a trained number that begins near zero, as ConvNeXt's blocks do with
/// what they add (Touvron et al. 2021). Keras has it in `keras.applications.convnext`.
public struct LayerScale: UnaryLayer {
    public static let className = "LayerScale"
    public var options: LayerOptions
    public let initialValue: Float
    public let channels: Int

    /// - Parameter initialValue: what all channels are multiplied by before training.
    public init(_ channels: Int, initialValue: Float = 1e-6, name: String? = nil) {
        options = LayerOptions(name: name)
        self.initialValue = initialValue
        self.channels = channels
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        initialValue = try config.float("init_values")
        channels = try config.positiveInt("projection_dim")
    }

    public var config: JSONObject {
        ["init_values": .number(initialValue), "projection_dim": .int(channels)]
    }

    /// - Parameter x: `[batch, …, channels]`.
    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let gamma = try lowering.weight(
            "gamma", [channels], initializer: .constant(Double(initialValue)))
        return try lowering.graph.multiply(x, gamma)
    }
}
