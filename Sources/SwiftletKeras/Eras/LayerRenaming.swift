internal import SwiftletFiles

/// Gives layers names without slashes, which Keras 3 does not allow, in a canonical configuration.
struct LayerRenaming {
    private(set) var config: JSON
    /// The layers' new names by their former paths, where they changed.
    private(set) var renamed: [(path: String, name: String)] = []

    init(_ json: JSON) {
        config = json
        config = rename(json, old: [], new: [])
    }

    private mutating func rename(_ json: JSON, old: [String], new: [String]) -> JSON {
        guard var config = json["config"]?.object, let layers = config["layers"]?.array else {
            return json
        }
        var names: [String: String] = [:]
        var taken = Set(layers.compactMap(NetworkLayers.name(of:)))
        for name in layers.compactMap(NetworkLayers.name(of:)) where name.contains("/") {
            var changed = String(name.map { $0 == "/" ? "_" : $0 })
            while !taken.insert(changed).inserted { changed += "_" }
            names[name] = changed
        }
        var written: [JSON] = []
        for layer in layers {
            let name = NetworkLayers.name(of: layer) ?? ""
            let changed = names[name] ?? name
            let (oldPath, newPath) = (old + [name], new + [changed])
            if changed != name {
                renamed.append((oldPath.joined(separator: "/"), newPath.joined(separator: "/")))
            }
            var layer = rename(layer, old: oldPath, new: newPath)
            if layer["name"] != nil { layer["name"] = .string(changed) }
            if var config = layer["config"] {
                config["name"] = .string(changed)
                layer["config"] = config
            }
            if let nodes = layer["inbound_nodes"] {
                layer["inbound_nodes"] = replacing(nodes, names)
            }
            written.append(layer)
        }
        config["layers"] = .array(written)
        for key in ["input_layers", "output_layers"] {
            if let references = config[key] { config[key] = replacing(references, names) }
        }
        var json = json
        json["config"] = .object(config)
        return json
    }

    private func replacing(_ json: JSON, _ names: [String: String]) -> JSON {
        replacingReferences(in: json) { reference in
            names[reference.layer].map {
                TensorReference(layer: $0, call: reference.call, output: reference.output)
            } ?? reference
        }
    }
}

/// Changes every tensor that a canonical call or list of outputs refers to.
func replacingReferences(
    in json: JSON, _ change: (TensorReference) -> TensorReference
) -> JSON {
    if json["class_name"] == "__keras_tensor__", let history = json["config"]?["keras_history"],
        let reference = TensorReference(history)
    {
        return change(reference).tensor
    }
    if let reference = TensorReference(json) { return change(reference).json }
    switch json {
    case .array(let elements):
        return .array(elements.map { replacingReferences(in: $0, change) })
    case .object(let object):
        var result = JSONObject()
        for (key, value) in object { result[key] = replacingReferences(in: value, change) }
        return .object(result)
    default: return json
    }
}
