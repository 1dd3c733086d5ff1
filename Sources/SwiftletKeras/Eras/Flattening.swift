package import SwiftletFiles

/// Writes functional models inside a functional model as their layers, in a canonical configuration.
///
/// The two Kerases number the calls of a nested functional model differently in legacy files, so
/// only a model without them is read by both.
package struct Flattening {
    package private(set) var config: JSON
    /// The layers' new names by their former paths, where they changed.
    package private(set) var renamed: [(path: String, name: String)] = []

    package init(_ json: JSON) {
        config = json
        guard json["config"]?["output_layers"] != nil else { return }
        while flattenOne() {}
    }

    /// Dissolves the first nested functional model; false if there is none.
    private mutating func flattenOne() -> Bool {
        guard var network = config["config"], let layers = network["layers"]?.array,
            let position = layers.firstIndex(where: { $0["config"]?["output_layers"] != nil }),
            let nested = NestedNetwork(layers[position], among: layers)
        else { return false }
        func dissolve(_ json: JSON) -> JSON { nested.dissolvingReferences(in: json) }
        var result = layers[..<position].map { $0 }
        result += nested.layers
        result += layers[(position + 1)...]
        network["layers"] = .array(
            result.map { layer in
                var layer = layer
                layer["inbound_nodes"] = layer["inbound_nodes"].map(dissolve)
                return layer
            })
        network["output_layers"] = network["output_layers"].map(dissolve)
        config["config"] = network
        note(nested)
        return true
    }

    private mutating func note(_ nested: NestedNetwork) {
        let path = renamed.first { $0.name == nested.name }?.path ?? nested.name
        renamed.removeAll { $0.name == nested.name }
        renamed += nested.newNames.map { (path: "\(path)/\($0.key)", name: $0.value) }
    }
}

/// A functional model as a layer of another one, on its way out.
private struct NestedNetwork {
    let name: String
    /// The layers, renamed, with a call for each of theirs in each call of the model.
    private(set) var layers: [JSON] = []
    private(set) var newNames: [String: String] = [:]
    private let callCounts: [String: Int]
    /// Of each call of the model, what it feeds the inputs.
    private let arguments: [[TensorReference]]
    private let inputs: [String: Int]
    private let outputs: [TensorReference]

    init?(_ json: JSON, among others: [JSON]) {
        guard let name = NetworkLayers.name(of: json), let config = json["config"] else {
            return nil
        }
        self.name = name
        var counts: [String: Int] = [:]
        var taken = Set(others.compactMap(NetworkLayers.name(of:)))
        let inner = config["layers"]?.array ?? []
        for layer in inner where layer["class_name"] != "InputLayer" {
            guard let own = NetworkLayers.name(of: layer) else { return nil }
            counts[own] = layer["inbound_nodes"]?.array?.count ?? 0
            var unique = "\(name)_\(own)"
            while !taken.insert(unique).inserted { unique += "_" }
            newNames[own] = unique
        }
        callCounts = counts
        arguments = (json["inbound_nodes"]?.array ?? []).map { references(in: $0["args"] ?? []) }
        var inputs: [String: Int] = [:]
        for (index, input) in references(in: config["input_layers"] ?? []).enumerated() {
            inputs[input.layer] = index
        }
        self.inputs = inputs
        outputs = references(in: config["output_layers"] ?? [])
        let isFrozen = config["trainable"] == false
        layers = inner.filter { $0["class_name"] != "InputLayer" }
            .map { moved($0, isFrozen: isFrozen) }
    }

    private func moved(_ layer: JSON, isFrozen: Bool) -> JSON {
        var layer = layer
        let name = NetworkLayers.name(of: layer).flatMap { newNames[$0] } ?? ""
        layer["name"] = .string(name)
        if var config = layer["config"] {
            config["name"] = .string(name)
            if isFrozen { config["trainable"] = false }
            layer["config"] = config
        }
        let nodes = layer["inbound_nodes"]?.array ?? []
        layer["inbound_nodes"] = .array(
            arguments.indices.flatMap { call in
                nodes.map { node in replacingReferences(in: node) { inner($0, call: call) } }
            })
        return layer
    }

    /// What a reference between the inner layers means within a call of the model.
    private func inner(_ reference: TensorReference, call: Int) -> TensorReference {
        if let input = inputs[reference.layer] {
            return arguments[call].indices.contains(input) ? arguments[call][input] : reference
        }
        guard let name = newNames[reference.layer], let count = callCounts[reference.layer] else {
            return reference
        }
        return TensorReference(
            layer: name, call: call * count + reference.call, output: reference.output)
    }

    /// Replaces references to the model's outputs; until they lead elsewhere, since an output may be
    /// an input, which may be an earlier call's output.
    func dissolvingReferences(in json: JSON) -> JSON {
        replacingReferences(in: json) { reference in
            var reference = reference
            for _ in 0...arguments.count where reference.layer == name {
                guard outputs.indices.contains(reference.output),
                    arguments.indices.contains(reference.call)
                else { break }
                reference = inner(outputs[reference.output], call: reference.call)
            }
            return reference
        }
    }
}
