internal import SwiftletFiles

/// A Sequential of Keras 1: a list of layers, or a Merge of whole models followed by layers, which
/// today is a model of several inputs.
struct Keras1Sequential {
    private let era: Keras1Config

    init(_ era: Keras1Config) { self.era = era }

    func model(_ json: JSON) throws(ConfigRefusal) -> JSON {
        var json = json
        let given = json["config"]?.array ?? json["config"]?["layers"]?.array ?? []
        let name = json["name"] ?? json["config"]?["name"] ?? "sequential"
        if given.first?["class_name"] == "Merge", given.first?["config"]?["layers"] != nil {
            var branches = Branches(era)
            let output = try branches.chain(given)
            json["class_name"] = "Model"
            json["config"] = branches.config(name: name, output: output)
            return json
        }
        var layers: [JSON] = []
        var width: Int?
        for var entry in given {
            if entry["class_name"] == "Sequential", NetworkLayers.name(of: entry) == nil {
                entry["name"] = .string("sequential_\(layers.count)")
            }
            let converted = try era.layer(entry, fed: width)
            width = Keras1Config.width(of: converted, fed: width)
            if layers.isEmpty, NetworkLayers.isNetwork(converted),
                let input = Self.input(of: entry, as: converted)
            {
                layers.append(input)
            }
            layers.append(converted)
        }
        json["config"] = ["name": name, "layers": .array(layers)]
        return json
    }

    /// The input that a first layer declares, if it does.
    static func input(of entry: JSON, as converted: JSON) -> JSON? {
        guard let config = entry["config"], let shape = config["batch_input_shape"],
            let name = NetworkLayers.name(of: converted) ?? config["name"]?.string
        else { return nil }
        let type = config["input_dtype"] ?? .null
        return [
            "class_name": "InputLayer",
            "config": [
                "name": .string(name + "_input"), "batch_input_shape": shape,
                "dtype": type.isNull ? "float32" : type, "sparse": false,
            ],
        ]
    }
}

/// Models that a Merge joins, written as the layers of one model, in the order in which Keras 1 lists
/// their weights.
private struct Branches {
    private let era: Keras1Config
    private var layers: [JSON] = []
    private var positions: [String: Int] = [:]
    private var inputs: [JSON] = []

    init(_ era: Keras1Config) { self.era = era }

    func config(name: JSON, output: JSON) -> JSON {
        [
            "name": name, "layers": .array(layers), "input_layers": .array(inputs),
            "output_layers": [output],
        ]
    }

    /// The layers of a Sequential; answers the output of the last one.
    mutating func chain(_ given: [JSON]) throws(ConfigRefusal) -> JSON {
        var last: JSON?
        for entry in given {
            if last == nil, entry["class_name"] == "Merge",
                let models = entry["config"]?["layers"]?.array
            {
                var sources: [JSON] = []
                for model in models { sources.append(try branch(model)) }
                last = try add(era.layer(entry), calledWith: sources)
                continue
            }
            let converted = try era.layer(entry)
            if let source = last {
                last = try add(converted, calledWith: [source])
            } else if converted["class_name"] == "InputLayer" {
                last = try add(converted, calledWith: nil)
            } else {
                guard let input = Keras1Sequential.input(of: entry, as: converted) else {
                    throw ConfigRefusal(
                        place: "layer '\(NetworkLayers.name(of: converted) ?? "")'",
                        cause: "a model that is merged does not declare its input")
                }
                last = try add(converted, calledWith: [add(input, calledWith: nil)])
            }
        }
        guard let last else {
            throw ConfigRefusal(place: "Merge", cause: "a model that is merged has no layers")
        }
        return last
    }

    /// One of the merged models, or a single layer.
    private mutating func branch(_ json: JSON) throws(ConfigRefusal) -> JSON {
        switch json["class_name"] {
        case "Sequential":
            return try chain(json["config"]?.array ?? json["config"]?["layers"]?.array ?? [])
        case "Model", "Container":
            let model = try era.layer(json)
            for layer in model["config"]?["layers"]?.array ?? [] {
                let isInput = layer["class_name"] == "InputLayer"
                _ = try add(layer, calledWith: isInput ? nil : [], keepingCalls: true)
            }
            guard let output = model["config"]?["output_layers"]?[0] else {
                throw ConfigRefusal(place: "Merge", cause: "a model that is merged has no output")
            }
            return output
        default: return try chain([json])
        }
    }

    /// Adds a layer, or a further call of one of the same name, which then is the same layer.
    ///
    /// - Parameter sources: what it is called with; nil for an input.
    private mutating func add(
        _ layer: JSON, calledWith sources: [JSON]?, keepingCalls: Bool = false
    ) throws(ConfigRefusal) -> JSON {
        guard let name = NetworkLayers.name(of: layer) else {
            throw ConfigRefusal(place: "Merge", cause: "a layer without a name")
        }
        var entry = layer
        entry["name"] = .string(name)
        if let position = positions[name] {
            guard let sources, !keepingCalls else { return [.string(name), 0, 0] }
            let nodes = (layers[position]["inbound_nodes"]?.array ?? []) + [.array(sources)]
            layers[position]["inbound_nodes"] = .array(nodes)
            return [.string(name), .int(nodes.count - 1), 0]
        }
        positions[name] = layers.count
        if !keepingCalls || sources == nil {
            entry["inbound_nodes"] = sources.map { [.array($0)] } ?? []
        }
        layers.append(entry)
        if sources == nil { inputs.append([.string(name), 0, 0]) }
        return [.string(name), 0, 0]
    }
}
