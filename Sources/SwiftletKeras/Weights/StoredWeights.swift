internal import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletWeights

/// Weights by the path of the object that owns them, as `.keras` and `.weights.h5` files keep them:
/// in one HDF5 file, in several, or in an `.npz`.
struct StoredWeights {
    /// Every array by its path in today's words.
    private var arrays: [String: NamedArray] = [:]
    /// The layers' own names by the paths of their variables, where the file tells.
    private var layerNames: [String: String] = [:]

    init(_ file: HDF5File) throws { try add(file) }

    /// The parts of a store that is spread over several files.
    init(shards: [HDF5File]) throws {
        for file in shards { try add(file) }
    }

    /// Variables under `<object>/vars/<number>`.
    init(arrays: [NamedArray]) throws {
        for array in arrays { try add(array) }
    }

    private mutating func add(_ file: HDF5File) throws {
        var dependencies = LayerDependencies(file.root)
        for dataset in try file.root.allDatasets() where !GoldenStorage.isPart(dataset.path) {
            let path = try dependencies.renumbered(dataset.path)
            try add(
                NamedArray(name: path, shape: dataset.shape, dtype: dataset.dtype) {
                    try dataset.read()
                })
            let owner = Self.today(Self.folder(of: path))
            if layerNames[owner] == nil,
                let name = try file.root.group(Self.folder(of: dataset.path)).attribute("name")?
                    .strings?.first
            {
                layerNames[owner] = name
            }
        }
    }

    private mutating func add(_ array: NamedArray) throws {
        let path = Self.today(array.name)
        guard arrays.updateValue(array, forKey: path) == nil else {
            throw WeightFileError.Cause.damaged("\(path) is there twice")
        }
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// Keras 2.12 had another name for layers; sublayers began with an underscore.
    private static func today(_ path: String) -> String {
        path.split(separator: "/").map { part in
            part == "_layer_checkpoint_dependencies"
                ? "layers" : part.hasPrefix("_") ? String(part.dropFirst()) : String(part)
        }.joined(separator: "/")
    }

    /// All variables, sorted by their paths.
    var all: [NamedArray] {
        arrays.sorted { $0.key < $1.key }.map { $0.value.renamed($0.key) }
    }

    /// A layer's variable by its name or number; nil if there is none.
    func variable(_ name: String, of group: String) throws -> Tensor? {
        try arrays[Self.today("\(group)/vars/\(name)")]?.read()
    }

    /// The weights without some variables, such as `layers/x/vars/0`.
    func without(_ paths: Set<String>) -> StoredWeights {
        var copy = self
        for path in paths { copy.arrays[Self.today(path)] = nil }
        return copy
    }

    /// The shape of the first weight of the first layer of a class; nil if there is none.
    func firstShape(of className: String) -> [Int]? {
        let layer = "layers/" + snakeCase(className)
        let places = ["", "/cell", "/layer", "/forward_layer/cell"]
        return places.lazy.compactMap { arrays["\(layer)\($0)/vars/0"] }.first?.shape.dimensions
    }

    // MARK: Matching

    func assigned(to model: ModelLayers, _ loading: WeightLoading) throws -> WeightAssignment {
        var assignment = WeightAssignment(keepsType: loading.keepsTypes)
        assignment.state(arrays.keys.filter(Self.isState).sorted())
        var rest = Set(arrays.keys.filter { !Self.isState($0) })
        let renamed = loading.matching == .name ? try groupsByName(model) : nil
        for (group, specs) in Self.owners(model.specs) {
            guard
                let stored = renamed == nil
                    ? group
                    : renamed?[Self.layer(of: group)].map({
                        $0 + group.dropFirst(Self.layer(of: group).count)
                    })
            else {
                for spec in specs { assignment.missing(spec.path, isAllowed: true) }
                continue
            }
            try assign(
                specs, from: Self.today("\(stored)/vars"), loading, &rest, in: &assignment)
        }
        assignment.unused(
            rest.sorted(), isAllowed: loading.skipsMismatches || loading.matching == .name)
        return assignment
    }

    /// Takes over the variables of one object. Where mismatches are passed over, Keras leaves an
    /// object out whose number of variables differs, and stops at the first of another shape.
    private func assign(
        _ specs: [ModelWeight], from vars: String, _ loading: WeightLoading,
        _ rest: inout Set<String>, in assignment: inout WeightAssignment
    ) throws {
        let skips = loading.skipsMismatches
        // Some objects keep copies of other weights before one of their own.
        var paths: [String] = []
        var number = 0
        for spec in specs where spec.traits.merge != nil {
            try assignment.fill(
                spec, with: Tensor(zeros: spec.shape, dtype: spec.dtype),
                described: "zeros, as Keras does: the file holds its sum with the weight it changes"
            )
        }
        let specs = specs.filter { $0.traits.merge == nil }
        for spec in specs {
            for copy in number..<number + spec.storedAfter.count { rest.remove("\(vars)/\(copy)") }
            number += spec.storedAfter.count
            paths.append("\(vars)/\(number)")
            number += 1
        }
        let count = paths.count { arrays[$0] != nil }
        let isLonger = arrays["\(vars)/\(number)"] != nil
        if skips, count < specs.count || isLonger {
            for spec in specs { assignment.missing(spec.path, isAllowed: true) }
            return
        }
        var hasStopped = false
        for (spec, path) in zip(specs, paths) {
            guard let array = arrays[path] else {
                assignment.missing(spec.path)
                continue
            }
            if hasStopped {
                assignment.missing(spec.path, isAllowed: true)
                continue
            }
            rest.remove(path)
            guard spec.accepts(array.shape) else {
                assignment.misshapen(spec, found: array.shape, at: path, isAllowed: skips)
                hasStopped = skips
                continue
            }
            try assignment.assign(array.read(), to: spec, from: path)
        }
    }

    /// Weights by the object that owns them, in order.
    private static func owners(
        _ specs: [ModelWeight]
    ) -> [(group: String, specs: [ModelWeight])] {
        var positions: [String: Int] = [:]
        var owners: [(group: String, specs: [ModelWeight])] = []
        for spec in specs {
            if let position = positions[spec.group] {
                owners[position].specs.append(spec)
            } else {
                positions[spec.group] = owners.count
                owners.append((spec.group, [spec]))
            }
        }
        return owners
    }

    /// The group of the outermost layer that a group lies in: `layers/dense_1`.
    private static func layer(of group: String) -> String {
        group.split(separator: "/").prefix(2).joined(separator: "/")
    }

    /// For each of the model's layers, by its group, the group of the layer of the same name.
    private func groupsByName(_ model: ModelLayers) throws -> [String: String] {
        var stored: [String: String] = [:]
        for (vars, name) in layerNames {
            let parts = vars.split(separator: "/")
            // Deeper objects have names of their own.
            guard parts.count == 3, parts[0] == "layers", parts[2] == "vars" else { continue }
            stored[name] = parts.prefix(2).joined(separator: "/")
        }
        guard !stored.isEmpty else {
            throw WeightFileError.Cause.unsupported(
                "matching by name: the file does not name its layers, which it")
        }
        var groups: [String: String] = [:]
        for entry in model.entries {
            guard let first = entry.weights.first, let group = stored[entry.name] else { continue }
            groups[Self.layer(of: first.group)] = group
        }
        return groups
    }

    /// Variables of the optimizer, of metrics, of random generators and of lookups whose
    /// configuration holds them too, which are no weights.
    private static func isState(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard let first = parts.first else { return false }
        return stateOwners.contains(first) || parts.last == "idf_weights"
            || parts.contains { generators.contains($0) }
    }

    private static let stateOwners: Set<Substring> = [
        "optimizer", "metrics", "compile_metrics", "compile_loss", "loss_tracker",
    ]
    private static let generators: Set<Substring> = [
        "seed_generator", "generator", "random_generator",
    ]

    /// The optimizer's variables in order.
    func optimizerVariables() throws -> [Tensor] {
        var tensors: [Tensor] = []
        while let array = arrays["optimizer/vars/\(tensors.count)"] {
            tensors.append(try array.read())
        }
        return tensors
    }
}

extension HDF5Writer {
    /// Writes the weights by object, and the optimizer's variables in order.
    func storedWeights(_ model: PreparedModel, optimizer: [Tensor]) throws {
        try group("vars")
        try group("layers")
        var counts: [String: Int] = [:]
        for spec in model.shapes.weights where spec.traits.merge == nil {
            var index = counts[spec.group, default: 0]
            for copy in spec.storedAfter {
                if let original = model.shapes.weights.first(where: { $0.path == copy }) {
                    try variable("\(spec.group)/vars/\(index)", model.tensor(original))
                }
                index += 1
            }
            counts[spec.group] = index + 1
            try variable("\(spec.group)/vars/\(index)", model.tensor(spec))
        }
        for (path, tensor) in model.network.storedVariables() { try dataset(path, tensor) }
        for group in Set(counts.keys).sorted() {
            // Keras 2 looks for the parts of attention under names of its own.
            let name = group.split(separator: "/").last.map(String.init) ?? ""
            if Self.attentionParts.contains(name) { try link(group, as: "_" + name) }
        }
        for (index, tensor) in optimizer.enumerated() {
            try variable("optimizer/vars/\(index)", tensor)
        }
    }

    /// Keras tells bfloat16 from other opaque bytes by an attribute.
    private func variable(_ path: String, _ tensor: Tensor) throws {
        try dataset(path, tensor)
        if tensor.dtype == .bfloat16 { try attribute("dtype", of: path, "bfloat16") }
    }

    private static let attentionParts: Set = [
        "query_dense", "key_dense", "value_dense", "output_dense",
    ]
}
