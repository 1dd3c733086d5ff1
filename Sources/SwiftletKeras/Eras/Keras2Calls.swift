internal import SwiftletFiles

/// Brings `inbound_nodes` of Keras 2 into Keras 3's form.
///
/// A node is a list of `[layer, call, output]` or `[layer, call, output, keyword arguments]`, one
/// per tensor of the first argument, the keyword arguments repeated; or a dictionary of them.
struct Keras2Calls {
    private(set) var bases = NodeBases()
    private let names: Set<String>

    /// Finds where each nested model's calls begin to count: at 1, or at 0 for some Sequentials.
    init(layers: [JSON], outputs: JSON?) {
        names = Set(layers.compactMap(NetworkLayers.name(of:)))
        var highest: [String: Int] = [:]
        var lowest: [String: Int] = [:]
        func note(_ json: JSON) {
            if let reference = TensorReference(json), names.contains(reference.layer) {
                highest[reference.layer] = max(highest[reference.layer] ?? 0, reference.call)
                lowest[reference.layer] = min(lowest[reference.layer] ?? .max, reference.call)
                json.array?.dropFirst(3).forEach(note)
                return
            }
            switch json {
            case .array(let elements): elements.forEach(note)
            case .object(let object): for (_, value) in object { note(value) }
            default: break
            }
        }
        for layer in layers { layer["inbound_nodes"].map(note) }
        outputs.map(note)
        for layer in layers where NetworkLayers.isNetwork(layer) {
            guard let name = NetworkLayers.name(of: layer), let first = lowest[name] else {
                continue
            }
            let calls = layer["inbound_nodes"]?.array?.count ?? 0
            bases[name] = first > 0 || highest[name].map { $0 >= calls } == true ? 1 : 0
        }
    }

    /// A call of a layer as `{"args": […], "kwargs": {…}}`.
    func node(_ json: JSON, of layer: JSON) -> JSON {
        var call = node(json)
        // Attention had its causal mask in the configuration before it had it in the call.
        if layer["config"]?["causal"] == true {
            var named = call["kwargs"] ?? [:]
            named["use_causal_mask"] = true
            call["kwargs"] = named
        }
        // Recurrent layers took their states in one list with the sequence.
        if let name = layer["class_name"]?.string, Self.recurrentClasses.contains(name),
            let parts = call["args"]?[0]?.array, parts.count > 1
        {
            var named = call["kwargs"] ?? [:]
            named["initial_state"] = .array(Array(parts.dropFirst()))
            call["args"] = [parts[0]]
            call["kwargs"] = named
        }
        return call
    }

    static let recurrentClasses: Set = [
        "LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "CuDNNLSTM", "CuDNNGRU", "ConvLSTM1D",
        "ConvLSTM2D", "ConvLSTM3D", "LSTMV1", "LSTMV2", "GRUV1", "GRUV2",
    ]

    private func node(_ json: JSON) -> JSON {
        switch json {
        case .object(let object) where object["args"] != nil: return json
        case .object(let object):
            var first = JSONObject()
            for (key, value) in object { first[key] = tensor(value) ?? argument(value) }
            return call([.object(first)], named: [:])
        case .array(let entries):
            // A node of one entry is the entry itself in some files.
            if let reference = TensorReference(json), names.contains(reference.layer) {
                return call([tensor(json) ?? json], named: keywords(of: json))
            }
            let tensors = entries.map { tensor($0) ?? argument($0) }
            return call(
                [tensors.count == 1 ? tensors[0] : .array(tensors)],
                named: entries.first.map(keywords) ?? [:])
        default: return call([json], named: [:])
        }
    }

    private func call(_ positional: [JSON], named: JSONObject) -> JSON {
        ["args": .array(positional), "kwargs": .object(named)]
    }

    func tensor(_ json: JSON) -> JSON? {
        guard let reference = TensorReference(json), names.contains(reference.layer) else {
            return nil
        }
        return bases.canonical(reference).tensor
    }

    private func keywords(of entry: JSON) -> JSONObject {
        var named = JSONObject()
        for (key, value) in entry[3]?.object ?? [:] { named[key] = argument(value) }
        return named
    }

    /// Tensors among keyword arguments are bare triples.
    func argument(_ json: JSON) -> JSON {
        if json.array?.count == 3, let tensor = tensor(json) { return tensor }
        switch json {
        case .array(let elements): return .array(elements.map(argument))
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object { result[key] = argument(value) }
            return .object(result)
        default: return json
        }
    }
}
