internal import SwiftletFiles
package import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletWeights

/// The weights of one layer as legacy HDF5 files list them.
struct LayerWeights {
    let name: String
    let weights: [(name: String, tensor: Tensor)]

    /// Where the weights lie in their group.
    var places: [String] { weights.map { "\(name)/\($0.name)" } }
}

/// The group that legacy files keep weights in: `model_weights`, or the root of a weights-only file.
package struct LegacyWeights {
    private(set) var layers: [LayerWeights]
    /// Arrays that belong to no layer in the lists.
    private let unlisted: [String]
    /// What older versions and backends kept in another form.
    private let former: FormerWeights

    /// - Parameter version: the version of Keras that the file names elsewhere.
    /// - Throws: ``HDF5Error``, e.g. where a listed weight is not there.
    init(_ group: HDF5Group, version: String? = nil) throws {
        former = try FormerWeights(group, version: version)
        var listed: Set<String> = []
        layers = try Self.names(in: group, former).map { name, weights in
            let layer = try group.group(name)
            return LayerWeights(
                name: name,
                weights: try weights(layer).map {
                    let dataset = try layer.dataset($0)
                    guard listed.insert(Self.normalized(dataset.path)).inserted else {
                        throw HDF5Error(
                            dataset.file, object: dataset.path, .damaged("a weight listed twice"))
                    }
                    return ($0, try dataset.read())
                })
        }
        let start = group.path == "/" ? 1 : group.path.count + 1
        unlisted = try group.allDatasets().filter {
            !listed.contains($0.path) && !GoldenStorage.isPart($0.path)
        }
        .map { String($0.path.dropFirst(start)) }
    }

    /// The layers' names, and how each tells those of its weights.
    private static func names(
        in group: HDF5Group, _ former: FormerWeights
    ) throws -> [(layer: String, weights: (HDF5Group) throws -> [String])] {
        // Keras 0 numbered layers and weights: `layer_3/param_0`.
        if former.isKeras0 {
            return try (0..<count("nb_layers", of: group)).map { position in
                (
                    "layer_\(position)",
                    { layer in try (0..<count("nb_params", of: layer)).map { "param_\($0)" } }
                )
            }
        }
        return try strings("layer_names", of: group).map { name in
            (name, { try strings("weight_names", of: $0) })
        }
    }

    /// All weights by layer and name.
    var all: [NamedArray] {
        layers.flatMap { layer in
            layer.weights.map { NamedArray(name: "\(layer.name)/\($0.name)", $0.tensor) }
        }
    }

    /// Without empty parts, as a walk through the file spells paths.
    private static func normalized(_ path: String) -> String {
        "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The first weight of a layer; nil if it has none.
    func first(of layer: String) -> Tensor? {
        layers.first { $0.name == layer }?.weights.first?.tensor
    }

    /// The weights without those of some layers.
    func without(_ names: Set<String>) -> LegacyWeights {
        var copy = self
        copy.layers.removeAll { names.contains($0.name) }
        return copy
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

    /// Matches as the caller wants it; by order otherwise, as Keras does, since the names in files
    /// are not reliable.
    func assigned(to model: ModelLayers, _ loading: WeightLoading) throws -> WeightAssignment {
        var assignment = WeightAssignment(keepsType: loading.keepsTypes)
        assignment.unused(unlisted, isAllowed: loading.skipsMismatches)
        let mine = model.entries.filter { !$0.weights.isEmpty }
        let given = layers.filter { !$0.weights.isEmpty }
        guard loading.matching == .order, mine.count == given.count else {
            try assignByName(
                to: model, all: loading.matching == .order, loading.skipsMismatches,
                in: &assignment)
            return assignment
        }
        for (entry, layer) in zip(mine, given) {
            try assign(layer, to: entry, loading, in: &assignment)
        }
        return assignment
    }

    /// Matches layers of equal names.
    ///
    /// - Parameter all: whether layers without a counterpart are a mismatch.
    private func assignByName(
        to model: ModelLayers, all: Bool, _ skips: Bool, in assignment: inout WeightAssignment
    ) throws {
        var rest = Dictionary(layers.map { ($0.name, $0) }) { first, _ in first }
        let loading = WeightLoading(matching: .name, skippingMismatches: skips)
        for entry in model.entries where !entry.weights.isEmpty {
            if let layer = rest.removeValue(forKey: entry.name) {
                try assign(layer, to: entry, loading, in: &assignment)
            } else {
                for weight in entry.weights { assignment.missing(weight.path, isAllowed: !all) }
            }
        }
        for layer in layers where rest[layer.name] != nil {
            assignment.unused(layer.places, isAllowed: !all)
        }
    }

    private func assign(
        _ layer: LayerWeights, to entry: ModelLayers.Entry, _ loading: WeightLoading,
        in assignment: inout WeightAssignment
    ) throws {
        let given = try CuDNNLayout.converted(
            former.converted(layer.weights, for: entry), for: entry.weights)
        guard given.count == entry.weights.count, !isDisordered(given, entry.weights) else {
            try assignByLeaf(given, of: layer, to: entry, loading, in: &assignment)
            return
        }
        for (spec, weight) in zip(entry.weights, given) {
            try assignment.assign(
                weight.tensor, to: spec, from: "\(layer.name)/\(weight.name)",
                isAllowed: loading.skipsMismatches)
        }
    }

    /// Whether weights come in another order than the layer's, but with its names: Keras lists those
    /// of a layer that was quantized otherwise than those of one that was built so.
    private func isDisordered(
        _ given: [(name: String, tensor: Tensor)], _ specs: [ModelWeight]
    ) -> Bool {
        let names = given.map { Self.leaf($0.name) }
        return names != specs.map(\.name)
            && zip(specs, given).contains { !$0.accepts($1.tensor.shape) }
            && Set(names).count == names.count && Set(names) == Set(specs.map(\.name))
    }

    /// Where a layer has another number of weights than the file: their own names tell which are
    /// missing. Keras passes over such a layer only where layers are matched by name.
    private func assignByLeaf(
        _ given: [(name: String, tensor: Tensor)], of layer: LayerWeights,
        to entry: ModelLayers.Entry, _ loading: WeightLoading,
        in assignment: inout WeightAssignment
    ) throws {
        let isAllowed = loading.matching == .name && loading.skipsMismatches
        var rest = Dictionary(given.map { (Self.leaf($0.name), $0) }) { first, _ in first }
        for spec in entry.weights {
            if !isAllowed, let weight = rest.removeValue(forKey: spec.name) {
                let source = "\(layer.name)/\(weight.name)"
                try assignment.assign(weight.tensor, to: spec, from: source)
            } else {
                assignment.missing(spec.path, isAllowed: isAllowed)
            }
        }
        let left = given.filter { rest[Self.leaf($0.name)]?.name == $0.name }
        assignment.unused(left.map { "\(layer.name)/\($0.name)" }, isAllowed: isAllowed)
        if given.count != entry.weights.count, !isAllowed, assignment.report.isComplete {
            assignment.missing(
                "\(entry.name): \(entry.weights.count) expected, \(given.count) found")
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
                let tensor = try model.tensor(spec)
                // Files of this kind cannot say bfloat16; no Keras reads its own back.
                try dataset(
                    "\(place)/\(spec.path):0",
                    tensor.dtype == .bfloat16 ? tensor.converted(to: .float32) : tensor)
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
