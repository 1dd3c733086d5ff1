package import SwiftletFiles
internal import SwiftletLimits

/// The layer classes by their Keras names.
public struct LayerRegistry: Sendable {
    private var types: [String: any Layer.Type] = [:]

    package init(_ types: [any Layer.Type]) {
        for type in types { self.types[type.className] = type }
        for name in Network.classNames { self.types[name] = Network.self }
        for (alias, name) in Self.aliases { self.types[alias] = self.types[name] }
    }

    /// Further names that Keras has for a class.
    package static let aliases = [
        "AvgPool1D": "AveragePooling1D", "AvgPool2D": "AveragePooling2D",
        "AvgPool3D": "AveragePooling3D", "MaxPool1D": "MaxPooling1D", "MaxPool2D": "MaxPooling2D",
        "MaxPool3D": "MaxPooling3D", "GlobalAvgPool1D": "GlobalAveragePooling1D",
        "GlobalAvgPool2D": "GlobalAveragePooling2D", "GlobalAvgPool3D": "GlobalAveragePooling3D",
        "GlobalMaxPool1D": "GlobalMaxPooling1D", "GlobalMaxPool2D": "GlobalMaxPooling2D",
        "GlobalMaxPool3D": "GlobalMaxPooling3D", "Convolution1D": "Conv1D",
        "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
        "Convolution1DTranspose": "Conv1DTranspose", "Convolution2DTranspose": "Conv2DTranspose",
        "Convolution3DTranspose": "Conv3DTranspose", "SeparableConvolution1D": "SeparableConv1D",
        "SeparableConvolution2D": "SeparableConv2D",
        "GroupedQueryAttention": "GroupQueryAttention",
        // The dropout of the `efficientnet` package, which took the noise shape for Keras 2.
        "FixedDropout": "Dropout",
    ]

    /// Classes of Keras that cannot work here, and why.
    package static let refusals = [
        "Lambda": "it holds Python code, which is not run",
        "JaxLayer": "it wraps a Python function of JAX, which is not run",
        "FlaxLayer": "it wraps a Python module of Flax, which is not run",
        "TorchModuleWrapper": "it wraps a Python module of PyTorch, which is not run",
        "TFSMLayer": "it runs a TensorFlow SavedModel, which needs TensorFlow",
        "DenseFeatures": "it needs TensorFlow's feature columns",
        "Wrapper": "the base class of wrappers has no computation of its own",
        "Layer": "the base class of layers has no computation of its own",
        "AbstractRNNCell": "the base class of cells has no computation of its own",
    ]

    package subscript(className: String) -> (any Layer.Type)? { types[className] }

    package var classNames: [String] { types.keys.sorted() }

    /// The implementation of a canonical (Keras 3) object's class: one that the user registered
    /// under its name, or one of this house.
    private func type(of json: JSON) -> (any Layer.Type)? {
        guard let className = json["class_name"]?.string else { return nil }
        if className == "Lambda" {
            return (json["config"]?["name"]?.string).flatMap(CustomLayers.lambda)
        }
        return (json["registered_name"]?.string).flatMap(CustomLayers.layer)
            ?? CustomLayers.layer(className) ?? types[className]
    }

    /// Whether there is an implementation of a canonical object's class.
    package func knows(_ json: JSON) -> Bool {
        guard let module = json["module"]?.string.flatMap(OperationModule.init(path:)),
            let className = json["class_name"]?.string
        else { return type(of: json) != nil }
        return OperationTable.rule(className, module: module) != nil
    }

    /// Makes the layer that a canonical (Keras 3) object describes.
    ///
    /// - Throws: ``ModelError/unknownLayer(place:className:suggestion:)``, or ``ModelError/layer(place:className:cause:)``
    ///   around what is wrong in its configuration.
    package func layer(from json: JSON, depth: Int = 0) throws -> any Layer {
        guard let className = json["class_name"]?.string, let config = json["config"]?.object else {
            throw ModelError.structure("a layer without class_name and config")
        }
        let place = config["name"]?.string ?? json["name"]?.string ?? className
        if let module = json["module"]?.string.flatMap(OperationModule.init(path:)) {
            return try KerasOperation(
                className, module: module,
                config: LayerConfig(config, registry: self, depth: depth), place: place)
        }
        guard let type = type(of: json) else {
            if let cause = Self.refusals[className] {
                throw ModelError.layer(place: place, className: className, cause: cause)
            }
            let registered = json["registered_name"]?.string ?? className
            throw ModelError.unknownLayer(place: place, className: registered)
        }
        try Limits.check(.nesting, depth)
        try Limits.checkTime()
        do {
            return try type.init(config: LayerConfig(config, registry: self, depth: depth))
        } catch ModelError.config(let key, let cause) {
            throw ModelError.layer(
                place: place, className: className, cause: "config \"\(key)\": \(cause)")
        }
    }
}

extension Layer {
    /// The canonical (Keras 3) object, the inverse of ``LayerRegistry/layer(from:depth:)``.
    package func serialized(name: String? = nil) -> JSON {
        if let operation = self as? KerasOperation {
            return operation.serializedOperation(name: name)
        }
        var all = JSONObject()
        all["name"] = .string(name ?? displayName)
        all["trainable"] = .bool(options.isTrainable)
        all["dtype"] =
            options.dtype
            ?? [
                "module": "keras", "class_name": "DTypePolicy", "config": ["name": "float32"],
                "registered_name": nil,
            ]
        for (key, value) in config { all[key] = value }
        if let penalty = options.activityRegularizer, !(self is ActivityRegularization) {
            all["activity_regularizer"] = penalty.json
        }
        if options.maskRule != .loose {
            all[MaskRule.configKey] = .string(options.maskRule.rawValue)
        }
        let className = configClassName
        if let registered = CustomLayers.registeredName(of: className) {
            return [
                "module": nil, "class_name": .string(className), "config": .object(all),
                "registered_name": .string(registered),
            ]
        }
        return kerasObject(module: "keras.layers", className: className, config: .object(all))
    }
}
