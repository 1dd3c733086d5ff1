internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

typealias ModelWeight = WeightSpec

extension ModelWeight {
    /// Whether a file may hold it in this shape: its own or a former one.
    func accepts(_ shape: Shape) -> Bool {
        shape == self.shape || traits.formerShapes.contains { $0.shape == shape }
    }

    /// The tensor of a file in the weight's own shape.
    func inToday(_ tensor: Tensor) throws -> Tensor {
        guard tensor.shape != shape,
            let former = traits.formerShapes.first(where: { $0.shape == tensor.shape })
        else { return tensor }
        return try former.converted(tensor)
    }
}

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
            let list = Self.inBuildingOrder(list)
            return Entry(
                name: entry.name, layer: entry.layer,
                weights: list.filter(\.isTrainable) + list.filter { !$0.isTrainable })
        }
    }

    /// A layer makes its overwritten weights before the others when it is built from a file.
    private static func inBuildingOrder(_ list: [ModelWeight]) -> [ModelWeight] {
        guard list.contains(where: \.traits.isOverwritten) else { return list }
        var result: [ModelWeight] = []
        var rest = list[...]
        while let group = rest.first?.group {
            let own = rest.prefix { $0.group == group }
            result += own.filter(\.traits.isOverwritten) + own.filter { !$0.traits.isOverwritten }
            rest = rest.dropFirst(own.count)
        }
        return result
    }

    /// The layers that a legacy file lists: a Sequential's input is none of them.
    static func listed(in network: Network) -> [String] {
        network.entries.compactMap { entry in
            network.kind == .sequential && entry.layer is Input ? nil : entry.name
        }
    }
}
