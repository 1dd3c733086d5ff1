internal import SwiftletLayers
internal import SwiftletTensor

typealias ModelWeight = WeightSpec

/// A model's layers in order, each with its weights in the order of legacy files.
struct ModelLayers {
    struct Entry {
        let name: String
        let weights: [ModelWeight]
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
                name: entry.name,
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
