internal import SwiftletFiles
internal import SwiftletTensor

/// Networks as canonical (Keras 3) configurations.
///
/// In the canonical form every node index counts a layer's calls from 0; what the eras of Keras
/// make of node indexes is the business of whoever reads and writes files.
enum NetworkConfig {
    // MARK: Reading

    static func network(from config: LayerConfig) throws -> Network {
        config.json["input_layers"] == nil
            ? try sequential(from: config) : try functional(from: config)
    }

    private static func layers(_ config: LayerConfig) throws -> [JSON] {
        guard let layers = config.value("layers")?.array else {
            throw ModelError.config(key: "layers", cause: "list of layers expected")
        }
        return layers
    }

    private static func name(of json: JSON, _ layer: any Layer) throws -> String {
        guard let name = json["name"]?.string ?? layer.options.name else {
            throw ModelError.config(key: "name", cause: "a \(type(of: layer).className) has none")
        }
        return name
    }

    private static func sequential(from config: LayerConfig) throws -> Network {
        var entries: [Network.Entry] = []
        for json in try layers(config) {
            let layer = try config.registry.layer(from: json, depth: config.depth + 1)
            let name = try name(of: json, layer)
            if entries.isEmpty, !(layer is Input) {
                let extents = try config.extents("build_input_shape")
                entries.append(
                    Network.Entry(
                        name: unusedName("input", in: config), layer: Input(undeclared: extents),
                        calls: []))
            }
            let call = CallArguments(Network.Reference(layer: entries.count - 1))
            entries.append(
                Network.Entry(name: name, layer: layer, calls: layer is Input ? [] : [call]))
        }
        guard !entries.isEmpty else { throw ModelError.structure("the model has no layers") }
        return try Network(
            kind: .sequential, options: try LayerOptions(config: config), entries: entries,
            inputs: .leaf(Network.Reference(layer: 0)),
            outputs: .leaf(Network.Reference(layer: entries.count - 1)))
    }

    /// A name that no layer of the chain has.
    private static func unusedName(_ stem: String, in config: LayerConfig) -> String {
        let taken = Set(
            (config.value("layers")?.array ?? []).compactMap { $0["config"]?["name"]?.string })
        var name = stem
        while taken.contains(name) { name += "_" }
        return name
    }

    private static func functional(from config: LayerConfig) throws -> Network {
        let layers = try layers(config)
        var entries: [Network.Entry] = []
        var positions: [String: Int] = [:]
        for json in layers {
            let layer = try config.registry.layer(from: json, depth: config.depth + 1)
            let name = try name(of: json, layer)
            guard positions.updateValue(entries.count, forKey: name) == nil else {
                throw ModelError.structure("two layers are named '\(name)'")
            }
            entries.append(Network.Entry(name: name, layer: layer, calls: []))
        }
        for (position, json) in layers.enumerated() where !(entries[position].layer is Input) {
            for node in json["inbound_nodes"]?.array ?? [] {
                let positional = try (node["args"]?.array ?? []).map {
                    try argument($0, positions)
                }
                let named = try (node["kwargs"]?.object ?? [:]).compactMap { key, value in
                    value.isNull ? nil : (key: key, value: try argument(value, positions))
                }
                entries[position].calls.append(CallArguments(positional, named: named))
            }
        }
        return try Network(
            kind: .functional, options: try LayerOptions(config: config), entries: entries,
            inputs: try references(config, "input_layers", positions),
            outputs: try references(config, "output_layers", positions))
    }

    private static func reference(
        _ json: JSON, _ positions: [String: Int]
    ) throws -> Network.Reference? {
        guard let list = json.array, list.count == 3, let name = list[0].string,
            let call = list[1].int, let output = list[2].int
        else { return nil }
        guard let layer = positions[name] else {
            throw ModelError.structure("a reference to layer '\(name)', which is not there")
        }
        return Network.Reference(layer: layer, call: call, output: output)
    }

    private static func argument(
        _ json: JSON, _ positions: [String: Int]
    ) throws -> Structure<Network.Reference> {
        switch json {
        case .object where json["class_name"] == "__keras_tensor__":
            guard let history = json["config"]?["keras_history"],
                let reference = try reference(history, positions)
            else { throw ModelError.structure("a tensor without keras_history") }
            return .leaf(reference)
        case .object where json["class_name"] == "__tuple__":
            return try argument(json["config"]?["value"] ?? json["items"] ?? [], positions)
        case .object where json["class_name"] != nil: return .literal(json)
        case .object(let object):
            return .dictionary(
                try object.map { (key: $0.key, value: try argument($0.value, positions)) })
        case .array(let elements):
            let parts = try elements.map { try argument($0, positions) }
            return parts.contains { $0.hasLeaves } ? .list(parts) : .literal(json)
        default: return .literal(json)
        }
    }

    private static func references(
        _ config: LayerConfig, _ key: String, _ positions: [String: Int]
    ) throws -> Structure<Network.Reference> {
        func structure(_ json: JSON) throws -> Structure<Network.Reference> {
            if let reference = try reference(json, positions) { return .leaf(reference) }
            switch json {
            case .array(let elements): return .list(try elements.map(structure))
            case .object(let object):
                return .dictionary(
                    try object.map { (key: $0.key, value: try structure($0.value)) })
            default: throw ModelError.config(key: key, cause: "\(json.text()) is no reference")
            }
        }
        guard let json = config.value(key) else {
            throw ModelError.config(key: key, cause: "missing")
        }
        return try structure(json)
    }

    // MARK: Writing

    static func config(of network: Network) -> JSONObject {
        network.kind == .sequential ? sequential(network) : functional(network)
    }

    private static func sequential(_ network: Network) -> JSONObject {
        // Each call in turn, so that a layer used twice stands twice, as Keras writes it.
        let layers = network.entries
            .filter { ($0.layer as? Input)?.isDeclared != false }
            .map { $0.layer.serialized(name: $0.name) }
        var config: JSONObject = ["layers": .array(layers)]
        if let input = network.entries.first?.layer as? Input, !input.shape.isEmpty {
            config["build_input_shape"] = input.config["batch_shape"] ?? nil
        }
        return config
    }

    private static func functional(_ network: Network) -> JSONObject {
        func triple(_ reference: Network.Reference) -> JSON {
            [
                .string(network.entries[reference.layer].name), .int(reference.call),
                .int(reference.output),
            ]
        }
        func tensor(_ reference: Network.Reference) -> JSON {
            ["class_name": "__keras_tensor__", "config": ["keras_history": triple(reference)]]
        }
        let layers = network.entries.map { entry -> JSON in
            var json = entry.layer.serialized(name: entry.name)
            json["name"] = .string(entry.name)
            json["inbound_nodes"] = .array(
                entry.calls.map { call in
                    var named = JSONObject()
                    for (key, value) in call.named { named[key] = value.json(tensor) }
                    return [
                        "args": .array(call.positional.map { $0.json(tensor) }),
                        "kwargs": .object(named),
                    ]
                })
            return json
        }
        return [
            "layers": .array(layers), "input_layers": network.inputs.json(triple),
            "output_layers": network.outputs.json(triple),
        ]
    }
}

extension Structure {
    fileprivate var hasLeaves: Bool {
        switch self {
        case .leaf: true
        case .list(let elements): elements.contains { $0.hasLeaves }
        case .dictionary(let members): members.contains { $0.value.hasLeaves }
        case .literal: false
        }
    }

    fileprivate func json(_ leafJSON: (Leaf) -> JSON) -> JSON {
        switch self {
        case .leaf(let leaf): return leafJSON(leaf)
        case .list(let elements): return .array(elements.map { $0.json(leafJSON) })
        case .dictionary(let members):
            var object = JSONObject()
            for (key, value) in members { object[key] = value.json(leafJSON) }
            return .object(object)
        case .literal(let value): return value
        }
    }
}
