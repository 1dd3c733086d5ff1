public import SwiftletFiles
public import SwiftletGraph
internal import Synchronization

/// A building block of a network: pure configuration, in the vocabulary of Keras 3.
///
/// A layer says in ``lower(_:in:)`` which weights it has and which primitive operations it stands
/// for. Inference, training, shapes and saving all follow from that, so a new layer is one file and
/// one row in ``LayerRegistry``.
public protocol Layer: Sendable {
    /// The Keras class name.
    static var className: String { get }

    /// The name, whether it is trained, and what else every layer has.
    var options: LayerOptions { get set }

    /// The class that a configuration names for a layer like this one; ``className`` for most.
    var configClassName: String { get }

    /// The class that `.weights.h5` files and automatic names tell; ``Layer/configClassName`` for most.
    var storedClassName: String { get }

    /// Reads a canonical (Keras 3) configuration.
    ///
    /// - Throws: ``ModelError/config(key:cause:)``.
    init(config: LayerConfig) throws

    /// The configuration as Keras 3's `get_config()` gives it, without the common keys (`name`,
    /// `trainable`, `dtype`).
    var config: JSONObject { get }

    /// Declares the weights and adds the operations that compute the outputs.
    func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value]

    /// Whether masks of the inputs pass to the outputs unchanged, as Keras's `supports_masking`.
    var supportsMasking: Bool { get }

    /// Whether, in training, an example's output depends on the others of its batch.
    var mixesExamples: Bool { get }
}

extension Layer {
    public var configClassName: String { Self.className }
    public var storedClassName: String { configClassName }
    public var supportsMasking: Bool { false }
    public var mixesExamples: Bool { false }

    /// A description of the layer for messages: its name, or its class if it has none yet.
    package var displayName: String { options.name ?? configClassName }

    /// An error about this layer's operands.
    package func refusal(_ cause: String) -> ModelError {
        .layer(place: displayName, className: configClassName, cause: cause)
    }
}

/// A layer with one input tensor and one output tensor.
public protocol UnaryLayer: Layer {
    func lower(_ x: Value, in lowering: inout Lowering) throws -> Value
}

extension UnaryLayer {
    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard call.inputs.count == 1 else {
            throw refusal("one input expected, \(call.inputs.count) found")
        }
        return [try lower(call.inputs[0], in: &lowering)]
    }
}

/// What every layer has beside its own configuration.
public struct LayerOptions: Sendable {
    /// Unique within a model; chosen by the model where it is nil.
    public var name: String?
    /// Whether training changes the weights.
    public var isTrainable: Bool
    /// A penalty on the size of the layer's outputs, added to the loss.
    public var activityRegularizer: Regularizer?
    /// Keras's dtype policy as the file gives it; computation is in float32 whatever it says.
    package var dtype: JSON?
    /// What is made of the masks of several inputs.
    package var maskRule = MaskRule.loose
    /// Tells copies of one layer (which share their weights) from layers that look alike.
    package let identity: Int

    private static let nextIdentity = Atomic<Int>(0)

    public init(name: String? = nil, isTrainable: Bool = true) {
        self.name = name
        self.isTrainable = isTrainable
        identity = Self.nextIdentity.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    public init(config: LayerConfig) throws {
        self.init(
            name: try config.optionalString("name"),
            isTrainable: try config.bool("trainable", default: true))
        dtype = config.json["dtype"]
        activityRegularizer = try config.regularizer("activity_regularizer")
        maskRule = try config.choice(MaskRule.configKey, default: .loose)
    }
}

extension Layer {
    /// Whether training changes the weights, as Keras's `trainable`.
    public var isTrainable: Bool {
        get { options.isTrainable }
        set { options.isTrainable = newValue }
    }
}
