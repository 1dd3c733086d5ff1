package import SwiftletTensor

/// What a file holds of one layer beside its configuration and its weights.
package struct StoredParts {
    /// A text file of the layer's, by its name.
    package let asset: (_ name: String) throws -> String?
    /// One of the layer's variables, by its name or number; one that is asked for is no weight.
    package let variable: (_ name: String) throws -> Tensor?

    package init(
        asset: @escaping (_ name: String) throws -> String?,
        variable: @escaping (_ name: String) throws -> Tensor?
    ) {
        self.asset = asset
        self.variable = variable
    }
}

/// A layer whose configuration may be incomplete in a file: a vocabulary that was learned, say, lies
/// in a text file beside it.
package protocol StoredState: Layer {
    /// The layer with what `parts` add to its configuration; itself if nothing is missing.
    func completed(with parts: StoredParts) throws -> Self

    /// Variables that Keras 3 wants to find beside the layer's weights, by the names of the layer's
    /// own parts (`""` for itself) and of the variables.
    var storedVariables: [(part: String, name: String, value: Tensor)] { get }
}

extension Network {
    /// The network with every layer completed.
    ///
    /// - Parameter parts: of the layer that has this name and this group in a `.weights.h5` file.
    package func completed(
        group: String = "", with parts: (_ name: String, _ group: String) -> StoredParts
    ) throws -> Network {
        var network = self
        for (index, own) in storeGroups.enumerated() {
            let place = group.isEmpty ? own : "\(group)/\(own)"
            let entry = entries[index]
            if let inner = entry.layer as? Network {
                network.entries[index].layer = try inner.completed(group: place, with: parts)
            } else if let layer = entry.layer as? any StoredState {
                network.entries[index].layer = try layer.completed(with: parts(entry.name, place))
            }
        }
        return network
    }

    /// The variables of all layers beside their weights, by their paths in a `.weights.h5` file.
    package func storedVariables(group: String = "") -> [(path: String, value: Tensor)] {
        zip(entries, storeGroups).flatMap { entry, own in
            let place = group.isEmpty ? own : "\(group)/\(own)"
            if let inner = entry.layer as? Network { return inner.storedVariables(group: place) }
            return ((entry.layer as? any StoredState)?.storedVariables ?? []).map {
                let part = $0.part.isEmpty ? place : "\(place)/\($0.part)"
                return ("\(part)/vars/\($0.name)", $0.value)
            }
        }
    }

    /// The layers whose variables in legacy files are no weights: those of Keras 2's lookups repeat
    /// their configuration.
    package var layersOfVocabularies: Set<String> {
        Set(
            entries.filter { !(($0.layer as? any StoredState)?.storedVariables ?? []).isEmpty }
                .map(\.name))
    }
}
