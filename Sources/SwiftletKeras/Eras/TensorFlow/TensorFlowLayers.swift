internal import SwiftletFiles

/// Layers that stand for functions of TensorFlow in models of tf.keras: TFOpLambda and
/// SlicingOpLambda from 2.4 on, TensorFlowOpLayer before.
enum TensorFlowLayers {
    /// The canonical operations of such a layer; nil for any other.
    static func operations(
        _ layer: JSON, calls: Keras2Calls
    ) throws(ConfigRefusal) -> [JSON]? {
        let name = NetworkLayers.name(of: layer) ?? "operation"
        let nodes = layer["inbound_nodes"]?.array ?? []
        switch layer["class_name"]?.string?.split(separator: ">").last {
        case "TFOpLambda", "SlicingOpLambda":
            guard let function = layer["config"]?["function"]?.string else {
                throw ConfigRefusal(place: "layer '\(name)'", cause: "config.function is missing")
            }
            if function == "einsum" || function == "linalg.einsum" {
                throw ConfigRefusal(
                    place: "layer '\(name)'",
                    cause: "Keras 2 does not write the operands of tf.einsum into files")
            }
            let foreign = nodes.map { calls.foreignCall($0) }
            return try ForeignOperation(
                layer: name, function: function, calls: foreign, rows: TensorFlowFunctions.rows
            ).layers()
        case "TensorFlowOpLayer":
            let node = try NodeDefinition(layer, name: name)
            var foreign: [ForeignCall] = []
            for call in nodes { foreign.append(try node.call(calls.node(call, of: layer))) }
            return try ForeignOperation(
                layer: name, function: node.operation, calls: foreign,
                rows: TensorFlowNodes.rows
            ).layers()
        case "ClassMethod", "InstanceProperty", "InstanceMethod":
            throw ConfigRefusal(
                place: "layer '\(name)'",
                cause: "methods of TensorFlow's classes (ragged and sparse tensors) "
                    + "are not supported")
        default: return nil
        }
    }

    /// Whether such a layer's function is known; nil for any other layer.
    static func knows(_ layer: JSON) -> Bool? {
        switch layer["class_name"]?.string?.split(separator: ">").last {
        case "TFOpLambda", "SlicingOpLambda":
            layer["config"]?["function"]?.string.map { TensorFlowFunctions.rows[$0] != nil }
                ?? false
        case "TensorFlowOpLayer":
            (try? NodeDefinition(layer, name: "")).map {
                TensorFlowNodes.rows[$0.operation] != nil
            } ?? false
        case "ClassMethod", "InstanceProperty", "InstanceMethod": false
        default: nil
        }
    }
}

extension Keras2Calls {
    /// A node of a TFOpLambda keeps its argument's structure; constants stand as
    /// `["_CONSTANT_VALUE", -1, value, {…}]`.
    fileprivate func foreignCall(_ node: JSON) -> ForeignCall {
        var named: JSONObject = [:]
        func read(_ entry: JSON) -> JSON {
            for (key, value) in entry[3]?.object ?? [:] { named[key] = argument(value) }
            if entry[0] == "_CONSTANT_VALUE" { return entry[2] ?? .null }
            return tensor(entry) ?? argument(entry)
        }
        let isEntry = node[0]?.string != nil
        guard !isEntry, let entries = node.array else {
            return ForeignCall(positional: [read(node)], named: named)
        }
        // A node of one entry in a list of its own is that entry in some files.
        let values = entries.map(read)
        let isSingle = values.count == 1 && entries[0][0]?.string != nil
        let first = isSingle ? values[0] : JSON.array(values)
        return ForeignCall(positional: [first], named: named)
    }
}

/// The operation of a TensorFlowOpLayer: a node of TensorFlow's graph as JSON.
private struct NodeDefinition {
    let operation: String
    private let name: String
    private let attributes: JSONObject
    private let constants: [Int: JSON]

    init(_ layer: JSON, name: String) throws(ConfigRefusal) {
        func refusal(_ cause: String) -> ConfigRefusal {
            ConfigRefusal(place: "layer '\(name)'", cause: cause)
        }
        self.name = name
        var definition = layer["config"]?["node_def"] ?? .null
        if let text = definition.string {
            guard let parsed = try? JSON(parsing: text) else {
                throw refusal("node_def in bytes is not supported")
            }
            definition = parsed
        }
        guard let operation = definition["op"]?.string else { throw refusal("node_def without op") }
        self.operation = operation
        attributes = definition["attr"]?.object ?? [:]
        var constants: [Int: JSON] = [:]
        for (key, value) in layer["config"]?["constants"]?.object ?? [:] {
            guard let place = Int(key) else { throw refusal("constant \(key)") }
            constants[place] = value
        }
        self.constants = constants
    }

    /// The inputs in order, constants among them, and the attributes as named arguments.
    func call(_ node: JSON) throws(ConfigRefusal) -> ForeignCall {
        let first = node["args"]?[0] ?? .null
        var tensors = (first.array ?? [first])[...]
        var inputs: [JSON] = []
        while !tensors.isEmpty || constants[inputs.count] != nil {
            inputs.append(constants[inputs.count] ?? tensors.removeFirst())
        }
        var named: JSONObject = [:]
        for (key, value) in attributes { named[key] = attribute(value) }
        return TensorFlowNodes.adapted(
            ForeignCall(positional: inputs, named: named), operation: operation)
    }

    /// `{"i": "2"}`, `{"b": true}`, `{"type": "DT_FLOAT"}`, `{"list": {"i": ["1"]}}`.
    private func attribute(_ json: JSON) -> JSON {
        func number(_ json: JSON) -> JSON { json.string.flatMap { Int($0) }.map(JSON.int) ?? json }
        if let value = json["i"] { return number(value) }
        if let value = json["b"] ?? json["f"] ?? json["s"] { return value }
        if let value = json["type"]?.string { return TensorFlowNodes.dtype(value) }
        if let list = json["list"]?["i"]?.array { return .array(list.map(number)) }
        return .null
    }
}
