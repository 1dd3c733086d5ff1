internal import SwiftletFiles
package import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor

/// The weights of one layer as legacy HDF5 files list them.
struct LayerWeights {
    let name: String
    let weights: [(name: String, tensor: Tensor)]
}

/// The group that legacy files keep weights in: `model_weights`, or the root of a weights-only file.
package struct LegacyWeights {
    let layers: [LayerWeights]
    /// What older versions and backends kept in another form.
    private let former: FormerWeights

    /// - Parameter version: the version of Keras that the file names elsewhere.
    /// - Throws: ``HDF5Error``, e.g. where a listed weight is not there.
    init(_ group: HDF5Group, version: String? = nil) throws {
        former = try FormerWeights(group, version: version)
        layers =
            former.isKeras0
            ? try Self.numbered(in: group)
            : try Self.strings("layer_names", of: group).map { name in
                let layer = try group.group(name)
                return LayerWeights(
                    name: name,
                    weights: try Self.strings("weight_names", of: layer).map {
                        ($0, try layer.dataset($0).read())
                    })
            }
    }

    /// Keras 0 numbered layers and weights: `layer_3/param_0`.
    private static func numbered(in group: HDF5Group) throws -> [LayerWeights] {
        try (0..<count("nb_layers", of: group)).map { position in
            let name = "layer_\(position)"
            let layer = try group.group(name)
            return LayerWeights(
                name: name,
                weights: try (0..<count("nb_params", of: layer)).map {
                    ("param_\($0)", try layer.dataset("param_\($0)").read())
                })
        }
    }

    private static func count(_ name: String, of group: HDF5Group) throws -> Int {
        let value = try group.attribute(name)?.doubles().first ?? 0
        return Int(exactly: value).map { min(max($0, 0), 1 << 20) } ?? 0
    }

    /// A list of strings in an attribute, or spread over numbered ones if it was too long for one.
    package static func strings(_ name: String, of group: HDF5Group) throws -> [String] {
        if let value = try group.attribute(name) { return value.strings ?? [] }
        var strings: [String] = []
        var part = 0
        while let value = try group.attribute("\(name)\(part)") {
            strings += value.strings ?? []
            part += 1
        }
        return strings
    }

    /// Matches by order, as Keras does: the names in files are not reliable.
    func assigned(to model: ModelLayers) throws -> WeightAssignment {
        let mine = model.entries.filter { !$0.weights.isEmpty }
        let given = layers.filter { !$0.weights.isEmpty }
        guard mine.count == given.count else { return try assigned(byNameTo: model, all: true) }
        var assignment = WeightAssignment()
        for (entry, layer) in zip(mine, given) { try assign(layer, to: entry, in: &assignment) }
        return assignment
    }

    /// Matches layers of equal names.
    ///
    /// - Parameter all: whether layers without a counterpart are a mismatch.
    func assigned(byNameTo model: ModelLayers, all: Bool) throws -> WeightAssignment {
        var assignment = WeightAssignment()
        var rest = Dictionary(layers.map { ($0.name, $0) }) { first, _ in first }
        for entry in model.entries where !entry.weights.isEmpty {
            if let layer = rest.removeValue(forKey: entry.name) {
                try assign(layer, to: entry, in: &assignment)
            } else if all {
                assignment.mismatch.missing += entry.weights.map(\.path)
            }
        }
        if all {
            for layer in layers where rest[layer.name] != nil {
                assignment.mismatch.unused += layer.weights.map(\.name)
            }
        }
        return assignment
    }

    private func assign(
        _ layer: LayerWeights, to entry: ModelLayers.Entry,
        in assignment: inout WeightAssignment
    ) throws {
        let given = try CuDNNLayout.converted(
            former.converted(layer.weights, for: entry), for: entry.weights)
        guard given.count == entry.weights.count else {
            // By their own names, to tell which are missing.
            let names = given.map { Self.leaf($0.name) }
            assignment.mismatch.missing += entry.weights
                .filter { !names.contains($0.name) }.map(\.path)
            let known = entry.weights.map(\.name)
            assignment.mismatch.unused +=
                given
                .filter { !known.contains(Self.leaf($0.name)) }.map { "\(layer.name)/\($0.name)" }
            if assignment.mismatch.isEmpty {
                assignment.mismatch.missing.append(
                    "\(entry.name): \(entry.weights.count) expected, \(given.count) found")
            }
            return
        }
        for (spec, weight) in zip(entry.weights, given) {
            try assignment.assign(weight.tensor, to: spec)
        }
    }

    /// `dense_1/kernel:0` → `kernel`.
    private static func leaf(_ name: String) -> String {
        let last = name.split(separator: "/").last ?? ""
        return String(last.split(separator: ":").first ?? "")
    }
}

extension HDF5Writer {
    /// Writes the layers' weights into a group, as both eras of Keras read them.
    func legacyWeights(_ model: PreparedModel, in group: String, _ version: String) throws {
        try self.group(group)
        let listed = ModelLayers.listed(in: model.network)
        try names("layer_names", listed, of: group)
        try attribute("backend", of: group, "tensorflow")
        try attribute("keras_version", of: group, version)
        for entry in ModelLayers(model.network, model.shapes.weights).entries
        where listed.contains(entry.name) {
            let place = "\(group)/\(entry.name)"
            try self.group(place)
            try names("weight_names", entry.weights.map { $0.path + ":0" }, of: place)
            for spec in entry.weights {
                try dataset("\(place)/\(spec.path):0", model.tensor(spec))
            }
        }
        let own = group + "/top_level_model_weights"
        try self.group(own)
        try names("weight_names", [], of: own)
    }

    /// Writes a list of names, in pieces where one attribute cannot hold it.
    package func names(_ attribute: String, _ names: [String], of group: String) throws {
        // An empty list is one of numbers, as NumPy makes it.
        guard !names.isEmpty else {
            try self.attribute(attribute, of: group, Tensor(zeros: [0], dtype: .float64))
            return
        }
        let longest = names.lazy.map(\.utf8.count).max() ?? 1
        let limit = 64_512
        let perPiece = max(1, limit / max(1, longest))
        guard names.count > perPiece else {
            try self.attribute(attribute, of: group, list(names), strings: .fixed)
            return
        }
        for (piece, start) in stride(from: 0, to: names.count, by: perPiece).enumerated() {
            let part = Array(names[start..<min(start + perPiece, names.count)])
            try self.attribute("\(attribute)\(piece)", of: group, list(part), strings: .fixed)
        }
    }

    private func list(_ names: [String]) throws -> Tensor {
        try Tensor(strings: names, shape: Shape([names.count]))
    }
}
