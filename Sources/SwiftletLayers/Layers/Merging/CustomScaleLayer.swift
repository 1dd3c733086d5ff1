public import SwiftletFiles
public import SwiftletGraph

/// Adds a scaled branch to a shortcut: `shortcut + scale · branch`. Keras has it in
/// `keras.applications.inception_resnet_v2`, under this name.
public struct CustomScaleLayer: Layer {
    public static let className = "CustomScaleLayer"
    public var options: LayerOptions
    public let scale: Float

    public init(scale: Float, name: String? = nil) {
        options = LayerOptions(name: name)
        self.scale = scale
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        scale = try config.float("scale")
    }

    public var config: JSONObject { ["scale": .number(scale)] }

    /// - Parameter call: the shortcut and the branch, of equal shapes.
    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard call.inputs.count == 2 else {
            throw refusal("a shortcut and a branch expected, \(call.inputs.count) inputs found")
        }
        let branch = try lowering.graph.multiply(
            call.inputs[1], lowering.graph.constant(scale))
        return [try lowering.graph.add(call.inputs[0], branch)]
    }
}
