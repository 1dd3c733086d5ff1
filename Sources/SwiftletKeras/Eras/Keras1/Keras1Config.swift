internal import SwiftletFiles

/// Brings configurations of Keras 1 (and Sequential ones of Keras 0) into the words of Keras 2.
///
/// Calls between layers have the same form in both.
struct Keras1Config {
    /// The order of axes that some layers have without saying so: that of the others.
    let dataFormat: JSON
    /// Whether batch normalization kept standard deviations, not variances, among its weights.
    let keepsDeviations: Bool

    init(_ json: JSON) {
        let version = (json["keras_version"]?.string ?? "").split(separator: ".").map(String.init)
        keepsDeviations =
            version.prefix(2) == ["1", "0"] && (version.last.flatMap { Int($0) } ?? 7) < 7
        dataFormat = Self.orderings(in: json) == ["th"] ? "channels_first" : "channels_last"
    }

    private static func orderings(in json: JSON) -> Set<String> {
        switch json {
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(orderings(in: $1)) }
        case .object(let object):
            object.members.reduce(into: []) { found, member in
                if member.key == "dim_ordering", let ordering = member.value.string {
                    found.insert(ordering)
                }
                found.formUnion(orderings(in: member.value))
            }
        default: []
        }
    }

    /// The outermost object.
    func model(_ json: JSON) throws(ConfigRefusal) -> JSON {
        guard (json["class_name"] ?? json["name"]) != "Graph" else {
            throw ConfigRefusal(
                place: "model '\(NetworkLayers.name(of: json) ?? "graph")'",
                cause: "a Graph model of Keras 0 is not supported; Keras 1 converts it to a Model")
        }
        return try layer(json)
    }

    /// A layer or model with its `class_name` and `config`.
    ///
    /// - Parameter width: the extent of the last axis of what it is called with, where it is known.
    func layer(_ json: JSON, fed width: Int? = nil) throws(ConfigRefusal) -> JSON {
        var json = Self.today(json)
        try refuseCode(in: json)
        guard let className = json["class_name"]?.string else { return json }
        switch className {
        case "Sequential": return try Keras1Sequential(self).model(json)
        case "Model", "Container":
            json["class_name"] = "Model"
            json["config"] = try network(json["config"] ?? [:])
            return json
        default:
            var converted = try Keras1Layer(json, className: className, fed: width).converted(self)
            for key in ["inbound_nodes", "name"] where json[key] != nil {
                converted[key] = json[key]
            }
            return converted
        }
    }

    private func network(_ config: JSON) throws(ConfigRefusal) -> JSON {
        var config = config
        var layers: [JSON] = []
        var widths: [String: Int] = [:]
        for json in config["layers"]?.array ?? [] {
            let source = json["inbound_nodes"]?[0]?[0]?[0]?.string
            let converted = try layer(json, fed: source.flatMap { widths[$0] })
            if let name = NetworkLayers.name(of: converted) {
                widths[name] = Self.width(of: converted, fed: source.flatMap { widths[$0] })
            }
            layers.append(converted)
        }
        config["layers"] = .array(layers)
        return config
    }

    /// The extent of the last axis of a layer's output, as far as it is plain to see.
    static func width(of converted: JSON, fed width: Int?) -> Int? {
        let config = converted["config"]
        if let layers = config?["layers"]?.array, config?["output_layers"] == nil {
            return layers.reduce(width) { Self.width(of: $1, fed: $0) }
        }
        let keeping = [
            "Activation", "Dropout", "BatchNormalization", "Masking", "GaussianNoise",
            "GaussianDropout", "LeakyReLU", "ELU", "PReLU", "ThresholdedReLU", "Add", "Multiply",
            "Average", "Maximum", "GlobalMaxPooling1D", "Model",
        ]
        switch converted["class_name"]?.string {
        case "InputLayer": return config?["batch_input_shape"]?.array?.last?.int
        case "Dense", "LSTM", "GRU", "SimpleRNN": return config?["units"]?.int
        case "Embedding": return config?["output_dim"]?.int
        case "Reshape": return config?["target_shape"]?.array?.last?.int
        case let name? where keeping.contains(name): return width
        default: return nil
        }
    }

    /// The names of Keras 0 repeat; weights there go by position.
    private static func unique(_ layers: [JSON]) -> [JSON] {
        layers.enumerated().map { position, layer in
            var layer = layer
            let name = layer["custom_name"]?.string ?? layer["name"]?.string ?? "layer"
            layer["custom_name"] = .string("\(name.lowercased())_\(position)")
            return layer
        }
    }

    /// Until Keras 1 a layer was its own configuration: `name` was the class, `custom_name` the name.
    private static func today(_ json: JSON) -> JSON {
        guard json["class_name"] == nil, var config = json.object, let name = json["name"] else {
            return json
        }
        if name == "Sequential" {
            return ["class_name": name, "config": .array(unique(json["layers"]?.array ?? []))]
        }
        config["name"] = config["custom_name"] ?? name
        config["custom_name"] = nil
        if let shape = config["input_shape"]?.array, config["batch_input_shape"] == nil {
            config["batch_input_shape"] = .array([.null] + shape)
        }
        return ["class_name": name, "config": .object(config)]
    }
}
