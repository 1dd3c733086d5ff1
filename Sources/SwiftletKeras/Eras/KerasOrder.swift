package import SwiftletFiles

/// Puts the layers of a canonical configuration in the order in which Keras lists them.
///
/// Both Kerases ignore the order in a file: they sort a functional model's layers by how far they
/// are from its outputs, and match weights to them in that order. Layers that no output needs are
/// left out, as there.
package func inKerasOrder(_ json: JSON) -> JSON {
    guard var config = json["config"]?.object else { return json }
    var json = json
    for key in ["layer", "backward_layer"] where config[key]?["class_name"] != nil {
        config[key] = config[key].map(inKerasOrder)
    }
    if let layers = config["layers"]?.array {
        let sorted = layers.map(inKerasOrder)
        config["layers"] = .array(
            config["output_layers"] == nil ? sorted : LayerDepths(sorted, config).order(sorted))
    }
    json["config"] = .object(config)
    return json
}

/// Every tensor that a canonical call or a list of outputs refers to, in Keras's order of
/// flattening: dictionaries by sorted key.
func references(in json: JSON) -> [TensorReference] {
    if json["class_name"] == "__keras_tensor__" {
        return [(json["config"]?["keras_history"]).flatMap(TensorReference.init)].compactMap { $0 }
    }
    if let reference = TensorReference(json) { return [reference] }
    switch json {
    case .array(let elements): return elements.flatMap(references)
    case .object(let object):
        return object.members.sorted { $0.key < $1.key }.flatMap { references(in: $0.value) }
    default: return []
    }
}

/// How far each layer of a functional model is from the outputs.
private struct LayerDepths {
    private struct Node: Hashable {
        let layer: String
        let call: Int
    }

    /// The order in which a walk from the outputs meets the layers.
    private var meetings: [String: Int] = [:]
    private var depths: [String: Int] = [:]

    init(_ layers: [JSON], _ config: JSONObject) {
        var calls: [String: [[Node]]] = [:]
        for layer in layers {
            guard let name = NetworkLayers.name(of: layer) else { continue }
            calls[name] = (layer["inbound_nodes"]?.array ?? []).map { node in
                let arguments = [node["args"], node["kwargs"]].compactMap { $0 }
                return arguments.flatMap { references(in: $0) }
                    .map { Node(layer: $0.layer, call: $0.call) }
            }
        }
        func parents(_ node: Node) -> [Node] {
            guard let nodes = calls[node.layer], nodes.indices.contains(node.call) else {
                return []
            }
            return nodes[node.call]
        }
        let outputs = config["output_layers"].map { references(in: $0) } ?? []
        let finished = walk(outputs.map { Node(layer: $0.layer, call: $0.call) }, parents)

        var nodeDepths: [Node: Int] = [:]
        for node in finished.reversed() {
            let depth = max(nodeDepths[node] ?? 0, depths[node.layer] ?? 0)
            depths[node.layer] = depth
            nodeDepths[node] = depth
            for parent in parents(node) {
                nodeDepths[parent] = max(nodeDepths[parent] ?? 0, depth + 1)
            }
        }
        for input in config["input_layers"].map({ references(in: $0) }) ?? []
        where depths[input.layer] == nil {
            depths[input.layer] = 0
            meetings[input.layer] = -1
        }
    }

    /// Nodes in the order in which everything before them has been seen. An explicit stack: deep
    /// networks must not exhaust the thread's.
    private mutating func walk(
        _ outputs: [Node], _ parents: (Node) -> [Node]
    ) -> [Node] {
        var finished: [Node] = []
        var seen: Set<Node> = []
        for output in outputs {
            var stack = [(node: output, next: 0)]
            while let (node, next) = stack.last {
                if next == 0 {
                    guard seen.insert(node).inserted else {
                        stack.removeLast()
                        continue
                    }
                    if meetings[node.layer] == nil { meetings[node.layer] = meetings.count }
                }
                let before = parents(node)
                if next < before.count {
                    stack[stack.count - 1].next += 1
                    if !seen.contains(before[next]) { stack.append((before[next], 0)) }
                } else {
                    stack.removeLast()
                    finished.append(node)
                }
            }
        }
        return finished
    }

    func order(_ layers: [JSON]) -> [JSON] {
        let known = layers.compactMap { layer -> (layer: JSON, depth: Int, meeting: Int)? in
            guard let name = NetworkLayers.name(of: layer), let depth = depths[name],
                let meeting = meetings[name]
            else { return nil }
            return (layer, depth, meeting)
        }
        return known.sorted { ($1.depth, $0.meeting) < ($0.depth, $1.meeting) }.map(\.layer)
    }
}
