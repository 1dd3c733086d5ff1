internal import SwiftletFiles
internal import SwiftletLayers

/// Takes out of a Keras 3 network what it wrote down of masks that follow from the layers anyway.
///
/// Where an Embedding or a Masking layer makes a mask, Keras 3 puts the operations that compute it
/// into the file and passes their result to later layers by the keyword `mask`. Here masks pass from
/// layer to layer, so these operations go; masks that users computed themselves stay.
///
/// All stay where MultiHeadAttention is about: it takes the masks off its inputs, but only when the
/// model runs, so that what was written down is more than what passes from layer to layer.
struct ImplicitMasks {
    private let order: [String]
    private let layers: [String: JSON]
    /// Tensors from which an Embedding or a Masking layer makes a mask.
    private let masked: Set<[JSON]>
    private let hasMasksTakenOff: Bool

    init(_ layers: [JSON]) {
        var named: [String: JSON] = [:]
        var masked: Set<[JSON]> = []
        for layer in layers {
            guard let name = NetworkLayers.name(of: layer) else { continue }
            named[name] = layer
            let makesMask =
                layer["class_name"] == "Masking"
                || layer["class_name"] == "Embedding" && layer["config"]?["mask_zero"] == true
            guard makesMask else { continue }
            for node in layer["inbound_nodes"]?.array ?? [] {
                for reference in references(in: node["args"] ?? []) {
                    masked.insert(reference.json.array ?? [])
                }
            }
        }
        order = layers.compactMap(NetworkLayers.name(of:))
        self.layers = named
        self.masked = masked
        hasMasksTakenOff = layers.contains { $0["class_name"] == "MultiHeadAttention" }
    }

    /// The arguments by which layers take the masks of their inputs.
    private static let keywords = ["mask", "query_mask", "value_mask", "key_mask"]

    /// The layers without implicit masks and without operations that only served them.
    func removed(outputs: JSON?) -> [JSON]? {
        guard !masked.isEmpty, !hasMasksTakenOff else { return nil }
        var kept = layers
        var dropped: Set<String> = []
        for (name, layer) in layers {
            guard let nodes = layer["inbound_nodes"]?.array else { continue }
            var heedsMask = false
            let written = nodes.map { node -> JSON in
                var kwargs = node["kwargs"] ?? [:]
                for key in Self.keywords {
                    let sources = kwargs[key].map(references(in:)) ?? []
                    guard !sources.isEmpty, sources.allSatisfy({ isImplicit($0) }) else {
                        continue
                    }
                    dropped.formUnion(sources.map(\.layer))
                    // Given states, a recurrent layer heeds a mask only where it is told to.
                    heedsMask = heedsMask || kwargs["initial_state"] != nil
                    kwargs[key] = nil
                }
                var node = node
                if node["kwargs"] != nil { node["kwargs"] = kwargs }
                return node
            }
            kept[name]?["inbound_nodes"] = .array(written)
            if heedsMask { kept[name]?[MaskRule.configKey] = .string(MaskRule.strict.rawValue) }
        }
        guard !dropped.isEmpty else { return nil }
        let needed = reachable(from: outputs, in: kept)
        return order.compactMap { kept[$0] }.filter { layer in
            let name = NetworkLayers.name(of: layer) ?? ""
            return needed.contains(name) || !isOperation(layer)
        }
    }

    /// Operations are no layers: they have nothing to train, and a module of their own where the file
    /// tells modules.
    private func isOperation(_ layer: JSON) -> Bool {
        layer["module"]?.string.map { $0.hasPrefix("keras.src.ops") }
            ?? (layer["config"]?["trainable"] == nil && layer["class_name"] != "InputLayer"
                && !NetworkLayers.isNetwork(layer))
    }

    /// Whether a mask comes, by operations alone, from tensors that make masks.
    private func isImplicit(_ mask: TensorReference) -> Bool {
        var open = [mask]
        var seen: Set<String> = []
        var hasSource = false
        while let reference = open.popLast() {
            if masked.contains(reference.json.array ?? []) {
                hasSource = true
                continue
            }
            guard let layer = layers[reference.layer], isOperation(layer) else { return false }
            guard seen.insert(reference.layer).inserted else { continue }
            // A mask where there was none, or the width of another: both where masks are joined.
            if layer["class_name"] == "OnesLike" || layer["class_name"] == "ZerosLike" { continue }
            let nodes = layer["inbound_nodes"]?.array ?? []
            guard nodes.indices.contains(reference.call) else { return false }
            open += references(in: nodes[reference.call])
        }
        return hasSource
    }

    private func reachable(from outputs: JSON?, in layers: [String: JSON]) -> Set<String> {
        var found: Set<String> = []
        var open = outputs.map { references(in: $0).map(\.layer) } ?? []
        while let name = open.popLast() {
            guard found.insert(name).inserted, let layer = layers[name] else { continue }
            open += references(in: layer["inbound_nodes"] ?? []).map(\.layer)
        }
        return found
    }
}
