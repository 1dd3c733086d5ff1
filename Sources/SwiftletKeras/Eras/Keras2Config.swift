internal import SwiftletFiles
internal import SwiftletLayers

/// Brings configurations of Keras 2 (and of tf.keras 1 and 2) into the canonical form.
struct Keras2Config {
    private let maskRules: MaskRules
    /// Whether a bidirectional layer gives zeros for the masked steps of a sequence: in TensorFlow
    /// since 1.13, in Keras of many backends never; there it repeats the step before.
    private let zerosMaskedSteps: Bool

    /// - Parameters:
    ///   - model: the outermost object.
    ///   - version: the version of Keras, e.g. `2.2.4` or, in TensorFlow, `2.2.4-tf`.
    init(for model: JSON, version: String?) {
        maskRules = MaskRules(for: model)
        let numbers = (version ?? "2.15").split(separator: ".").map { Int($0) ?? 0 }
        let (major, minor) = (numbers.first ?? 2, numbers.dropFirst().first ?? 0)
        zerosMaskedSteps =
            major >= 2 && minor >= (version?.hasSuffix("-tf") == true ? 2 : 4)
    }

    func model(_ json: JSON) throws(ConfigRefusal) -> JSON {
        // The outermost object may be a bare list of layers.
        try layer(json)
    }

    /// A layer or model with its `class_name` and `config`; `inbound_nodes` stay as they are.
    func layer(_ json: JSON) throws(ConfigRefusal) -> JSON {
        try refuseCode(in: json)
        var json = NetworkLayers.isNetwork(json) ? json : CustomClasses.resolved(json)
        guard let className = json["class_name"]?.string else { return json }
        if NetworkLayers.isNetwork(json) {
            json["class_name"] = className == "Sequential" ? "Sequential" : "Functional"
            let config = json["config"] ?? [:]
            // Until Keras 2.2.2 a Sequential's config was the list of its layers.
            let members =
                config.object
                ?? ["layers": config, "name": json["name"] ?? .string("sequential")]
            json["config"] = .object(
                className == "Sequential" ? try sequential(members) : try network(members))
            return json
        }
        json["class_name"] = .string(Self.classNames[className] ?? className)
        if className.contains(">"), json["registered_name"]?.string == nil {
            json["registered_name"] = .string(className)
        }
        if let config = json["config"]?.object {
            var config = try layerConfig(config, className: className)
            if className == "Bidirectional" {
                let zeros = zerosMaskedSteps && json["zero_output_for_mask"] != false
                zeroMaskedSteps(zeros, of: &config)
            }
            json["config"] = .object(config)
        }
        return json
    }

    private func zeroMaskedSteps(_ zeros: Bool, of config: inout JSONObject) {
        for key in ["layer", "backward_layer"] {
            guard var layer = config[key], var options = layer["config"] else { continue }
            options["zero_output_for_mask"] =
                zeros ? options["return_sequences"] ?? false : false
            layer["config"] = options
            config[key] = layer
        }
    }

    private func sequential(_ config: JSONObject) throws(ConfigRefusal) -> JSONObject {
        var config = config
        var layers: [JSON] = []
        for var json in config["layers"]?.array ?? [] {
            if NetworkLayers.isNetwork(json), NetworkLayers.name(of: json) == nil {
                json["name"] = .string("sequential_\(layers.count)")
            }
            // The first layer may say what the model's input is.
            if layers.isEmpty, json["class_name"] != "InputLayer", !NetworkLayers.isNetwork(json),
                let shape = (json["config"]?["batch_input_shape"] ?? json["config"]?["batch_shape"])
                    .map(plain)
            {
                let name = NetworkLayers.name(of: json) ?? "layer"
                layers.append(
                    inputLayer(shape, dtype: json["config"]?["dtype"], name: name + "_input"))
            }
            layers.append(try layer(json))
        }
        config["layers"] = .array(layers)
        return config
    }

    private func inputLayer(_ shape: JSON, dtype: JSON?, name: String) -> JSON {
        let dtype = dtype.flatMap { $0.string ?? $0["config"]?["name"]?.string }
        let computed = dtype.map { $0.hasPrefix("mixed_") ? "float32" : $0 }
        return [
            "class_name": "InputLayer",
            "config": [
                "batch_shape": shape, "dtype": .string(computed ?? "float32"), "sparse": false,
                "name": .string(name),
            ],
        ]
    }

    /// A Functional model: its layers, then the calls between them.
    func network(_ config: JSONObject) throws(ConfigRefusal) -> JSONObject {
        var config = config
        let given = config["layers"]?.array ?? []
        let calls = Keras2Calls(layers: given, outputs: config["output_layers"])
        var layers: [JSON] = []
        for json in given {
            if let operations = try TensorFlowLayers.operations(json, calls: calls) {
                layers += operations
                continue
            }
            var converted = try layer(json)
            if let nodes = json["inbound_nodes"]?.array {
                converted["inbound_nodes"] = .array(nodes.map { calls.node($0, of: json) })
            }
            layers.append(maskRules.reading(converted, stored: json, usual: .strict))
        }
        config["layers"] = .array(layers)
        for key in ["input_layers", "output_layers"] {
            if let references = config[key] { config[key] = calls.bases.canonical(references) }
        }
        return config
    }
}

// MARK: - Layers

extension Keras2Config {
    /// Classes that today have another name, or are a case of another class.
    private static let classNames = [
        "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
        "SyncBatchNormalization": "BatchNormalization",
        "LSTMV1": "LSTM", "LSTMV2": "LSTM", "GRUV1": "GRU", "GRUV2": "GRU",
        "CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU", "ThresholdedReLU": "ReLU",
        "Conv2DTransposeV1": "Conv2DTranspose", "DenseFeaturesV2": "DenseFeatures",
        "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
        "SeparableConvolution2D": "SeparableConv2D", "Convolution2DTranspose": "Conv2DTranspose",
        "MaxPool1D": "MaxPooling1D", "MaxPool2D": "MaxPooling2D", "MaxPool3D": "MaxPooling3D",
        "AvgPool1D": "AveragePooling1D", "AvgPool2D": "AveragePooling2D",
        "AvgPool3D": "AveragePooling3D",
    ]

    private func layerConfig(
        _ given: JSONObject, className: String
    ) throws(ConfigRefusal) -> JSONObject {
        var config = JSONObject()
        for (key, value) in given {
            switch key {
            case "batch_input_shape" where className == "InputLayer":
                config["batch_shape"] = plain(value)
            case "batch_input_shape": break
            case "dtype": config[key] = className == "InputLayer" ? value : dtypePolicy(value)
            case "layer", "backward_layer", "cell", "cells":
                config[key] = try inner(value)
            case "activation", "recurrent_activation": config[key] = activation(value)
            case _ where key.hasSuffix("initializer"): config[key] = initializer(value)
            default: config[key] = plain(value)
            }
        }
        adjust(&config, className: className)
        return config
    }

    /// A layer, or a list of layers, in another one's configuration.
    private func inner(_ json: JSON) throws(ConfigRefusal) -> JSON {
        guard let list = json.array else {
            return json["class_name"] == nil ? json : try layer(json)
        }
        var layers: [JSON] = []
        for json in list { layers.append(try inner(json)) }
        return .array(layers)
    }

    /// What single classes changed.
    private func adjust(_ config: inout JSONObject, className: String) {
        switch className {
        case "BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2":
            if let axes = config["axis"]?.array, axes.count == 1 { config["axis"] = axes[0] }
        case "GRU", "GRUV1", "GRUCell":
            // Files that do not say it are older than the other way of applying the gate.
            if config["reset_after"] == nil { config["reset_after"] = false }
        case "CuDNNLSTM":
            config["activation"] = "tanh"
            config["recurrent_activation"] = "sigmoid"
        case "CuDNNGRU":
            config["activation"] = "tanh"
            config["recurrent_activation"] = "sigmoid"
            config["reset_after"] = true
        case "IntegerLookup", "StringLookup", "TextVectorization":
            // Their type is that of what they answer; today it says nothing.
            config["dtype"] = nil
        case "Resizing": config["returns_floats"] = true
        case "RandomCrop": config["resizes_outside_training"] = true
        case "RandomContrast":
            // One number was the change both ways; today it is the change upward alone.
            if let factor = config["factor"], factor.double != nil {
                config["factor"] = .array([factor, factor])
            }
        case "Conv3DTranspose":
            // Keras 2 reads a dilation and does nothing with it.
            config["dilation_rate"] = [1, 1, 1]
        case "LeakyReLU":
            if let slope = config["alpha"] {
                config["alpha"] = nil
                config["negative_slope"] = slope
            }
        case "ThresholdedReLU":
            config["threshold"] = config["theta"] ?? 1.0
            config["theta"] = nil
        default: break
        }
    }

    /// `hard_sigmoid` was `clip(0.2 x + 0.5, 0, 1)` until Keras 3.
    private func activation(_ json: JSON) -> JSON {
        let name =
            json.string ?? json["config"]?.string
            ?? (json["class_name"] == "function" ? json["config"]?["name"]?.string : nil)
        return name == "hard_sigmoid" ? "hard_sigmoid_fifth" : json
    }

    /// Early files call a truncated normal distribution just normal.
    private func initializer(_ json: JSON) -> JSON {
        var json = CustomClasses.initializer(plain(json))
        if json["class_name"] == "VarianceScaling", json["config"]?["distribution"] == "normal",
            var config = json["config"]
        {
            config["distribution"] = "truncated_normal"
            json["config"] = config
        }
        return json
    }

    /// `"float32"`, or a policy, as Keras 3's object.
    private func dtypePolicy(_ json: JSON) -> JSON {
        guard var name = json.string ?? json["config"]?["name"]?.string else { return json }
        // TensorFlow 1.14 left the type to the first input.
        if name.contains("infer") { name = "float32" }
        return [
            "module": "keras", "class_name": "DTypePolicy", "config": ["name": .string(name)],
            "registered_name": nil,
        ]
    }

    /// Numbers that were written as NumPy arrays of no dimensions.
    private func plain(_ json: JSON) -> JSON {
        switch json {
        case .object(let object):
            if object["class_name"] == "ndarray" || object["type"] == "ndarray",
                let value = object["value"] ?? object["config"]?["value"]
            {
                return value
            }
            if object["class_name"] == "__tuple__" || object["class_name"] == "TensorShape",
                let items = object["items"]
            {
                return plain(items)
            }
            var result = JSONObject()
            for (key, value) in object { result[key] = plain(value) }
            return .object(result)
        case .array(let elements): return .array(elements.map(plain))
        default: return json
        }
    }
}
