internal import SwiftletFiles
internal import SwiftletLayers

/// A model's canonical configuration in the words of Keras 2, chosen so that Keras 3's reader of
/// legacy files understands them as well.
struct Keras2Writing {
    private let maskRules: MaskRules

    /// - Parameter model: the outermost object.
    init(for model: JSON) { maskRules = MaskRules(for: model) }

    func model(_ json: JSON) throws(ConfigRefusal) -> JSON { try layer(json, isNested: false) }

    private func layer(_ json: JSON, isNested: Bool) throws(ConfigRefusal) -> JSON {
        guard let className = json["class_name"]?.string, let config = json["config"]?.object else {
            return json
        }
        guard !Self.foreignClasses.contains(className) else {
            throw ConfigRefusal(
                place: "layer '\(NetworkLayers.name(of: json) ?? className)'",
                cause: "\(className) does not exist in Keras 2; save as .keras")
        }
        let written: JSONObject =
            switch className {
            case "Sequential": try sequential(config, isNested: isNested)
            case "Functional": try network(config)
            case _ where Keras2Vocabulary.refusal(of: className, config) != nil:
                throw ConfigRefusal(
                    place: "layer '\(config["name"]?.string ?? className)'",
                    cause: Keras2Vocabulary.refusal(of: className, config) ?? "")
            default: try layerConfig(config, className: className)
            }
        let name = LayerRegistry.registeredName(of: className) ?? className
        var object: JSON = ["class_name": .string(name), "config": .object(written)]
        // Keras 2 gives zeros for masked steps here, whatever it is told; noted beside the layer,
        // where it overlooks the note, so that a model saved and opened here stays the same.
        let inner = config["layer"]?["config"]
        if className == "Bidirectional", maskRules.hasMasks, inner?["return_sequences"] == true,
            inner?["zero_output_for_mask"] != true
        {
            object["zero_output_for_mask"] = false
        }
        return object
    }

    /// A nested Sequential goes without its input, since with one the eras disagree on how its
    /// calls are numbered; it takes the shape from its first call.
    private func sequential(
        _ config: JSONObject, isNested: Bool
    ) throws(ConfigRefusal) -> JSONObject {
        var config = config
        config["dtype"] = nil
        config["trainable"] = nil
        if isNested { config["build_input_shape"] = nil }
        var layers: [JSON] = []
        for json in config["layers"]?.array ?? [] {
            if isNested, json["class_name"] == "InputLayer" { continue }
            layers.append(try layer(json, isNested: true))
        }
        config["layers"] = .array(layers)
        return config
    }

    private func network(_ config: JSONObject) throws(ConfigRefusal) -> JSONObject {
        var config = config
        config["dtype"] = nil
        let given = config["layers"]?.array ?? []
        var bases = NodeBases()
        for json in given where json["class_name"] == "Functional" {
            // A reference grows by what is taken off it.
            if let name = NetworkLayers.name(of: json) { bases[name] = -1 }
        }
        var layers: [JSON] = []
        let wholeInputs = Set(
            given.filter { layer in
                layer["class_name"] == "InputLayer"
                    && layer["config"]?["dtype"]?.string?.contains("float") == false
            }.compactMap(NetworkLayers.name(of:)))
        for json in given {
            if let operation = TensorFlowWriting(json, bases: bases, wholeInputs: wholeInputs) {
                layers.append(try operation.layer(nodes: json["inbound_nodes"]?.array ?? []))
                continue
            }
            var written = try layer(json, isNested: true)
            let name = NetworkLayers.name(of: json) ?? ""
            written["name"] = .string(name)
            var nodes: [JSON] = []
            for node in json["inbound_nodes"]?.array ?? [] {
                let call = CallWriting(layer: name, className: json["class_name"], bases: bases)
                nodes.append(try call.node(node))
            }
            written["inbound_nodes"] = .array(nodes)
            layers.append(maskRules.writing(written, canonical: json, usual: .strict))
        }
        config["layers"] = .array(layers)
        for key in ["input_layers", "output_layers"] {
            guard let references = config[key] else { continue }
            // Keras 2 always lists them.
            let isSingle = TensorReference(references) != nil
            config[key] = bases.canonical(isSingle ? .array([references]) : references)
        }
        return config
    }

    private func layerConfig(
        _ given: JSONObject, className: String
    ) throws(ConfigRefusal) -> JSONObject {
        var config = JSONObject()
        for (key, value) in given {
            switch (key, value) {
            case ("batch_shape", _) where className == "InputLayer":
                config["batch_input_shape"] = value
            case ("dtype", _) where Self.isQuantized(value), ("lora_rank", _):
                throw ConfigRefusal(
                    place: "layer '\(given["name"]?.string ?? className)'",
                    cause: "\(key == "dtype" ? "quantization" : key) does not exist in Keras 2; "
                        + "save as .keras")
            case ("dtype", _):
                config[key] = .string(
                    Keras2Vocabulary.dtype(of: className, given) ?? Self.dtypeName(value))
            case ("negative_slope", _) where className == "LeakyReLU": config["alpha"] = value
            case ("trainable", _)
            where className == "InputLayer"
                || Keras3Writing.classesWithoutTrainable.contains(className):
                break
            // Keras 2 pads sequences along time alone.
            case ("data_format", "channels_last") where className == "ZeroPadding1D": break
            case ("layer", _), ("backward_layer", _), ("cell", _): config[key] = try wrapped(value)
            case ("cells", _):
                var cells: [JSON] = []
                for cell in value.array ?? [] { cells.append(try wrapped(cell)) }
                config[key] = .array(cells)
            case _ where Self.foreignOptions[className]?.contains(key) == true:
                // A seed changes no result that the file could tell.
                guard key == "seed" || value.isNull || value == false else {
                    throw ConfigRefusal(
                        place: "layer '\(given["name"]?.string ?? className)'",
                        cause: "\(key) does not exist in Keras 2; save as .keras")
                }
            case (_, "hard_sigmoid"):
                throw ConfigRefusal(
                    place: "layer '\(given["name"]?.string ?? className)'",
                    cause: "the hard_sigmoid of Keras 3 does not exist in Keras 2; save as .keras")
            case (_, "hard_sigmoid_fifth"): config[key] = "hard_sigmoid"
            case (_, "hard_silu"), (_, "silu"): config[key] = value == "silu" ? "swish" : value
            case (MaskRule.configKey, _): break
            case _ where Self.isUnknown(key, value): break
            case _ where Keras2Vocabulary.lacks(key, of: className):
                if Keras2Vocabulary.isNeutral(value, for: key, of: className) { break }
                throw ConfigRefusal(
                    place: "layer '\(given["name"]?.string ?? className)'",
                    cause: "\(key) \(value.text().prefix(40)) does not exist in Keras 2; "
                        + "save as .keras")
            default: config[key] = Self.plain(value)
            }
        }
        if className == "MultiHeadAttention" {
            // Keras 2 insists on them; without shapes it waits for the first call.
            for key in ["query_shape", "key_shape", "value_shape"] { config[key] = .null }
        }
        return config
    }

    /// Whether Keras 3 finds in a model that was written so every tensor that a layer is called
    /// with: of those among the named arguments it makes nothing.
    static func isReadByKeras3(_ written: JSON) -> Bool {
        (written["config"]?["layers"]?.array ?? []).allSatisfy { layer in
            let nodes = layer["inbound_nodes"]?.array ?? []
            let entries = nodes.flatMap { $0.array ?? [] }
            return entries.allSatisfy { references(in: $0[3] ?? [:]).isEmpty }
                && isReadByKeras3(layer)
        }
    }

    /// What only Keras 3 has.
    private static let foreignClasses: Set = [
        "GroupQueryAttention", "RMSNormalization", "ReversibleEmbedding",
        "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D",
        "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D",
    ]
    private static let foreignOptions: [String: Set<String>] = [
        "MultiHeadAttention": ["use_gate", "sliding_window", "seed"],
        "Attention": ["seed"], "AdditiveAttention": ["seed"],
        "LayerNormalization": ["rms_scaling"],
    ]

    /// The layer inside a wrapper, whose module both eras ask for.
    private func wrapped(_ json: JSON) throws(ConfigRefusal) -> JSON {
        var written = try layer(json, isNested: true)
        switch json["class_name"]?.string {
        case "Sequential": written["module"] = "keras"
        case "Functional": written["module"] = "keras.src.models.functional"
        default: written["module"] = "keras.layers"
        }
        written["registered_name"] = .null
        return written
    }

    /// Whether a dtype policy is one of those that Keras 3 quantizes by.
    private static func isQuantized(_ json: JSON) -> Bool {
        json["config"]?["mode"] != nil || json["class_name"] == "DTypePolicyMap"
            || json.string?.contains("_from_") == true
    }

    private static func dtypeName(_ json: JSON) -> String {
        json.string ?? json["config"]?["name"]?.string ?? "float32"
    }

    /// Keys that Keras 2 does not take, where they say nothing.
    private static func isUnknown(_ key: String, _ value: JSON) -> Bool {
        switch key {
        case "quantization_config", "flash_attention": true
        case "synchronized", "renorm", "zero_output_for_mask", "use_gate", "optional",
            "rms_scaling":
            value == false
        default: false
        }
    }

    /// Objects by class and configuration alone.
    private static func plain(_ json: JSON) -> JSON {
        switch json {
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object where key != "module" && key != "registered_name" {
                result[key] = plain(value)
            }
            return .object(result)
        case .array(let elements): return .array(elements.map(plain))
        default: return json
        }
    }
}

/// A canonical call as a node of Keras 2.
private struct CallWriting {
    let layer: String
    let className: JSON?
    let bases: NodeBases

    func node(_ node: JSON) throws(ConfigRefusal) -> JSON {
        var positional = node["args"]?.array ?? []
        var named = JSONObject()
        for (key, value) in node["kwargs"]?.object ?? [:] where !value.isNull { named[key] = value }
        // Keras 3 notes that augmenting layers take training for granted, and overrules it; Keras 2
        // would augment whatever the model does.
        if className?.string?.hasPrefix("Random") == true { named["training"] = nil }
        guard !positional.isEmpty else { throw refusal("a call without a first argument") }
        var first = positional.removeFirst()
        if className == "MultiHeadAttention" || className == "Attention"
            || className == "AdditiveAttention"
        {
            for (name, value) in zip(["value", "key"], positional) { named[name] = value }
            positional = []
        }
        guard positional.allSatisfy({ $0.isNull }) else {
            throw refusal("a call with several arguments")
        }
        // States travel in one list with the sequence.
        if let states = named["initial_state"] {
            named["initial_state"] = nil
            first = .array([first] + (states.array ?? [states]))
        }
        var keywords = JSONObject()
        for (key, value) in named { keywords[key] = argument(value) }
        return try entries(first, keywords: .object(keywords))
    }

    private func entries(_ first: JSON, keywords: JSON) throws(ConfigRefusal) -> JSON {
        if let entry = entry(first, keywords) { return .array([entry]) }
        switch first {
        case .array(let elements):
            var entries: [JSON] = []
            for element in elements {
                guard let entry = entry(element, keywords) else {
                    throw refusal("a call with nested lists")
                }
                entries.append(entry)
            }
            return .array(entries)
        case .object(let object):
            var entries = JSONObject()
            for (key, value) in object {
                guard let entry = entry(value, keywords) else {
                    throw refusal("a call with nested dictionaries")
                }
                entries[key] = entry
            }
            return .object(entries)
        default: throw refusal("a call of a constant")
        }
    }

    private func entry(_ json: JSON, _ keywords: JSON) -> JSON? {
        guard case .array(let triple) = reference(json) else { return nil }
        return .array(triple + [keywords])
    }

    private func reference(_ json: JSON) -> JSON? {
        guard json["class_name"] == "__keras_tensor__",
            let history = json["config"]?["keras_history"],
            let reference = TensorReference(history)
        else { return nil }
        return bases.canonical(reference).json
    }

    private func argument(_ json: JSON) -> JSON {
        if let reference = reference(json) { return reference }
        if case .array(let elements) = json { return .array(elements.map(argument)) }
        return json
    }

    private func refusal(_ cause: String) -> ConfigRefusal {
        ConfigRefusal(
            place: "layer '\(layer)'", cause: "\(cause) cannot be written for Keras 2")
    }
}
