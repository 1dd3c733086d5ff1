internal import SwiftletFiles
internal import SwiftletLayers

/// A model's canonical configuration as Keras 3 itself would write it.
struct Keras3Writing {
    private let shapes: NetworkShapes
    private let maskRules: MaskRules

    /// - Parameter model: the outermost object.
    init(for model: JSON, shapes: NetworkShapes) {
        self.shapes = shapes
        maskRules = MaskRules(for: model)
    }

    /// The outermost object, with modules and registered names.
    func model(_ json: JSON) throws(ConfigRefusal) -> JSON { try layer(json, path: []) }

    private func layer(_ json: JSON, path: [String]) throws(ConfigRefusal) -> JSON {
        guard let config = json["config"]?.object, let className = json["class_name"]?.string else {
            return json
        }
        if let module = json["module"]?.string.flatMap(OperationModule.init(path:)) {
            guard module != .legacy else {
                throw refusal(path, "the operation \(className) does not exist in Keras 3")
            }
            try refuseForeignOptions(of: json, className, path: path)
            return json
        }
        guard !Self.foreignClasses.contains(className) else {
            throw refusal(path, "\(className) does not exist in Keras 3; save as legacy .h5")
        }
        var json = json
        let registered = LayerRegistry.registeredName(of: className)
        json["registered_name"] = registered.map(JSON.string) ?? .null
        switch className {
        case _ where registered != nil: json["module"] = .null
        case "Functional":
            json["module"] = "keras.src.models.functional"
            json["registered_name"] = "Functional"
        case "Sequential": json["module"] = "keras"
        default:
            let application = Self.applications[className]
            json["module"] = .string(application ?? "keras.layers")
            if application != nil { json["registered_name"] = .string(className) }
        }
        var written =
            config["layers"] == nil
            ? try layerConfig(config, path: path) : try network(config, path: path)
        if Self.classesWithoutTrainable.contains(className) { written["trainable"] = nil }
        if className == "Pipeline" { written["dtype"] = nil }
        json["config"] = .object(written)
        return json
    }

    /// Classes that do not take the `trainable` that all other layers have.
    static let classesWithoutTrainable: Set = [
        "Discretization", "Pipeline", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
    ]

    /// Layers that Keras keeps beside the network for which it has them, and its module.
    private static let applications = [
        "LayerScale": "keras.src.applications.convnext",
        "StochasticDepth": "keras.src.applications.convnext",
        "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
    ]

    /// What only Keras 2 has.
    private static let foreignClasses: Set = [
        "LocallyConnected1D", "LocallyConnected2D", "RandomHeight", "RandomWidth",
    ]
    private static let foreignOptions: Set = ["time_major", "renorm"]
    /// Where layers have other layers in their configuration.
    private static let layerKeys: Set = ["layer", "backward_layer", "cell", "cells"]

    private func refusal(_ path: [String], _ cause: String) -> ConfigRefusal {
        ConfigRefusal(place: "layer '\(path.joined(separator: "/"))'", cause: cause)
    }

    /// A layer, or a list of layers, in another one's configuration.
    private func inner(_ json: JSON, path: [String]) throws(ConfigRefusal) -> JSON {
        guard let list = json.array else {
            return json["class_name"] == nil ? json : try layer(json, path: path)
        }
        var layers: [JSON] = []
        for json in list { layers.append(try inner(json, path: path)) }
        return .array(layers)
    }

    /// What an operation that came from TensorFlow may say and one of Keras 3 cannot.
    private func refuseForeignOptions(
        of json: JSON, _ className: String, path: [String]
    ) throws(ConfigRefusal) {
        var foreign = ["exclusive", "reverse"].filter {
            className.hasPrefix("Cum") && json["config"]?[$0] != nil
        }
        // Options of a class that are tensors, or differ from call to call.
        for node in json["inbound_nodes"]?.array ?? [] where className != "Rearrange" {
            foreign += (node["kwargs"]?.object ?? [:]).keys.filter(Self.classOptions.contains)
        }
        guard let first = foreign.first else { return }
        throw refusal(path, "the operation \(className) has no such \(first) in Keras 3")
    }

    private static let classOptions: Set = [
        "newshape", "axis", "axes", "repeats", "pad_width", "indices_or_sections", "shift",
        "num_classes", "x_min", "x_max", "keepdims", "k", "dtype", "shape",
    ]

    private func layerConfig(
        _ config: JSONObject, path: [String]
    ) throws(ConfigRefusal) -> JSONObject {
        var config = config
        config[MaskRule.configKey] = nil
        config["returns_floats"] = nil
        for (key, value) in config.members {
            if key == "interpolation", value == "gaussian" || value == "mitchellcubic" {
                throw refusal(
                    path,
                    "interpolation \(value.text()) does not exist in Keras 3; save as legacy .h5")
            }
            if value == "hard_sigmoid_fifth" {
                throw refusal(
                    path,
                    "the hard_sigmoid of Keras 2 does not exist in Keras 3; save as legacy .h5")
            }
            if key == "resizes_outside_training" {
                config[key] = nil
                guard value == true else { continue }
                throw refusal(
                    path,
                    "Keras 3's RandomCrop leaves images as they are outside training; "
                        + "save as legacy .h5")
            }
            if Self.foreignOptions.contains(key), value == true {
                throw refusal(path, "\(key) does not exist in Keras 3; save as legacy .h5")
            }
            if Self.layerKeys.contains(key) { config[key] = try inner(value, path: path) }
        }
        return config
    }

    private func network(_ config: JSONObject, path: [String]) throws(ConfigRefusal) -> JSONObject {
        var config = config
        let given = config["layers"]?.array ?? []
        let tensors = TensorTypes(layers: given, path: path, shapes: shapes)
        var bases = NodeBases()
        var layers: [JSON] = []
        for json in given {
            let name = NetworkLayers.name(of: json) ?? ""
            // `output_layers` counts the node that a Functional is born with.
            if json["class_name"] == "Functional" { bases[name] = -1 }
            var written = try layer(json, path: path + [name])
            if let nodes = json["inbound_nodes"] {
                written["inbound_nodes"] = tensors.completed(nodes)
            }
            layers.append(maskRules.writing(written, canonical: json, usual: .loose))
        }
        config["layers"] = .array(layers)
        if let outputs = config["output_layers"] {
            config["output_layers"] = bases.canonical(outputs)
        }
        return config
    }
}

/// Shape and element type of the tensors between a network's layers, which Keras 3 writes down.
private struct TensorTypes {
    private let inputs: [String: (shape: JSON, dtype: JSON)]
    private let path: [String]
    private let shapes: NetworkShapes

    init(layers: [JSON], path: [String], shapes: NetworkShapes) {
        var inputs: [String: (shape: JSON, dtype: JSON)] = [:]
        for layer in layers where layer["class_name"] == "InputLayer" {
            guard let name = NetworkLayers.name(of: layer), let config = layer["config"] else {
                continue
            }
            inputs[name] = (config["batch_shape"] ?? [], config["dtype"] ?? "float32")
        }
        self.inputs = inputs
        self.path = path
        self.shapes = shapes
    }

    /// The calls with shape and element type added to every tensor.
    func completed(_ json: JSON) -> JSON {
        if json["class_name"] == "__keras_tensor__",
            let history = json["config"]?["keras_history"],
            let reference = TensorReference(history)
        {
            let type = type(of: reference)
            return [
                "class_name": "__keras_tensor__",
                "config": [
                    "shape": type.shape, "dtype": type.dtype, "keras_history": history,
                ],
            ]
        }
        switch json {
        case .array(let elements): return .array(elements.map(completed))
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object { result[key] = completed(value) }
            return .object(result)
        default: return json
        }
    }

    private func type(of reference: TensorReference) -> (shape: JSON, dtype: JSON) {
        if let input = inputs[reference.layer] { return input }
        let calls = shapes.layers[(path + [reference.layer]).joined(separator: "/")] ?? []
        // A layer of a nested model has one entry per call for each call of the model.
        guard calls.indices.contains(reference.call),
            calls[reference.call].indices.contains(reference.output)
        else { return ([nil], "float32") }
        let extents = calls[reference.call][reference.output]
        return (.array(extents.map { $0.map(JSON.int) ?? .null }), "float32")
    }
}
