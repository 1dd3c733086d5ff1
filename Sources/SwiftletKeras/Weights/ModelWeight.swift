internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

typealias ModelWeight = WeightSpec

/// A model's layers in order, each with its weights in the order of legacy files.
struct ModelLayers {
    struct Entry {
        let name: String
        let weights: [ModelWeight]
        private let layer: any Layer

        init(name: String, layer: any Layer, weights: [ModelWeight]) {
            self.name = name
            self.layer = layer
            self.weights = weights
        }

        /// The canonical object of the innermost layer that owns each weight.
        var owners: [JSON] {
            let outermost = layer.serialized(name: name)
            return weights.map { Self.owner(of: $0, in: outermost) }
        }

        private static func owner(of weight: ModelWeight, in outermost: JSON) -> JSON {
            var owner = outermost
            for position in weight.rank.dropFirst() {
                owner = unwrapped(owner)
                guard let layers = owner["config"]?["layers"]?.array else { return owner }
                // A Sequential's undeclared input is not written, but counts.
                let hasInput =
                    owner["class_name"] != "Sequential"
                    || layers.first?["class_name"] == "InputLayer"
                let index = hasInput ? position : position - 1
                guard layers.indices.contains(index) else { return owner }
                owner = layers[index]
            }
            return unwrapped(owner)
        }

        private static func unwrapped(_ json: JSON) -> JSON {
            var json = json
            while let inner = json["config"]?["layer"], inner["class_name"] != nil { json = inner }
            return json
        }
    }

    let entries: [Entry]
    /// All weights in the model's own order.
    let specs: [ModelWeight]

    init(_ network: Network, _ weights: [ModelWeight]) {
        specs = weights
        var lists = [[ModelWeight]](repeating: [], count: network.entries.count)
        for weight in weights {
            guard let position = weight.rank.first, lists.indices.contains(position) else {
                continue
            }
            lists[position].append(weight)
        }
        // Keras lists a layer's trainable weights first, nested models flattened, then the others.
        entries = zip(network.entries, lists).map { entry, list in
            Entry(
                name: entry.name, layer: entry.layer,
                weights: list.filter(\.isTrainable) + list.filter { !$0.isTrainable })
        }
    }

    /// The layers that a legacy file lists: a Sequential's input is none of them.
    static func listed(in network: Network) -> [String] {
        network.entries.compactMap { entry in
            network.kind == .sequential && entry.layer is Input ? nil : entry.name
        }
    }
}
