internal import SwiftletFiles
internal import SwiftletLayers

/// Keras 3's configurations are canonical but for the numbers of nested models' calls: nodes count
/// them from 0, `output_layers` counts those of a Functional from 1.
struct Keras3Config {
    private let maskRules: MaskRules

    /// - Parameter model: the outermost object.
    init(for model: JSON) { maskRules = MaskRules(for: model) }

    func model(_ json: JSON) throws(ConfigRefusal) -> JSON {
        try layer(json)
    }

    private func layer(_ json: JSON) throws(ConfigRefusal) -> JSON {
        try refuseCode(in: json)
        var json = withModule(json)
        // Classes of operations are nobody's own, whatever else has their names.
        if json["module"]?.string.flatMap(OperationModule.init(path:)) != nil { return json }
        guard let config = json["config"]?.object else { return json }
        if config["layers"] == nil {
            json = CustomClasses.resolved(json)
        } else if config["output_layers"] != nil {
            // A class of one's own may be made as a functional model is.
            json["class_name"] = "Functional"
        }
        json["config"] = .object(
            config["layers"] == nil
                ? try wrapper(json["config"]?.object ?? config) : try network(config))
        return json
    }

    /// Legacy files do not tell operations from layers of the same name; only layers are trainable.
    private func withModule(_ json: JSON) -> JSON {
        guard json["module"] == nil, let name = json["class_name"]?.string,
            json["config"]?["trainable"] == nil, name != "InputLayer",
            !NetworkLayers.isNetwork(json), OperationTable.knows(name)
        else { return json }
        var json = json
        json["module"] = .string((OperationTable.module(of: name) ?? .core).path)
        return json
    }

    /// Layers in the configuration of wrappers.
    private func wrapper(_ config: JSONObject) throws(ConfigRefusal) -> JSONObject {
        var config = config
        for key in ["layer", "backward_layer", "cell"] where config[key]?["class_name"] != nil {
            if let inner = config[key] { config[key] = try layer(inner) }
        }
        for key in ["cell", "cells"] {
            guard let list = config[key]?.array else { continue }
            var cells: [JSON] = []
            for json in list { cells.append(try layer(json)) }
            config[key] = .array(cells)
        }
        return config
    }

    private func network(_ config: JSONObject) throws(ConfigRefusal) -> JSONObject {
        var config = config
        var given = config["layers"]?.array ?? []
        given = ImplicitMasks(given).removed(outputs: config["output_layers"]) ?? given
        // Legacy files of Keras 3 may hold calls in Keras 2's form, with its numbers.
        let isOld = given.contains { layer in
            layer["inbound_nodes"]?.array?.contains { $0.array != nil } == true
        }
        let calls = isOld ? Keras2Calls(layers: given, outputs: config["output_layers"]) : nil
        var bases = calls?.bases ?? NodeBases()
        var layers: [JSON] = []
        for json in given {
            if !isOld, json["config"]?["input_layers"] != nil,
                let name = NetworkLayers.name(of: json)
            {
                bases[name] = 1
            }
            var converted = try layer(json)
            if let calls, let nodes = json["inbound_nodes"]?.array {
                converted["inbound_nodes"] = .array(nodes.map { calls.node($0, of: json) })
            }
            layers.append(maskRules.reading(converted, stored: json, usual: .loose))
        }
        config["layers"] = .array(layers)
        if let outputs = config["output_layers"] {
            config["output_layers"] = bases.canonical(outputs)
        }
        return config
    }
}

/// Nothing in a file is executed. A Lambda layer that somebody registered an implementation for is
/// theirs.
func refuseCode(in layer: JSON) throws(ConfigRefusal) {
    guard layer["class_name"] == "Lambda" else { return }
    let name = NetworkLayers.name(of: layer) ?? "lambda"
    guard LayerRegistry.hasLambda(name) else {
        throw ConfigRefusal(
            place: "layer '\(name)'",
            cause: "a Lambda layer holds Python code, which is not run; register a Swift "
                + "implementation with LayerRegistry.register(_:forLambda: \"\(name)\")")
    }
}
