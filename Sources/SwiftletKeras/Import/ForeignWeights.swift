internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletWeights

/// Arrays of another framework on their way into a model.
///
/// Which array is which weight is told by a mapping, or by the arrays' names: the paths of the model's
/// weights, Keras's own store, or the names of a known layout. Anything else is refused.
struct ForeignWeights {
    private let arrays: [NamedArray]

    init(_ arrays: [NamedArray]) { self.arrays = arrays }

    func assigned(
        to model: ModelLayers, of network: Network, _ loading: WeightLoading
    ) throws -> WeightAssignment {
        if let mapping = loading.mapping { return try assigned(to: model, mapping, loading) }
        let paths = Set(model.specs.map(\.path))
        if arrays.contains(where: { paths.contains(Self.plain($0.name)) }) {
            let rules = arrays.map { ($0.name, WeightMapping.Rule(path: Self.plain($0.name))) }
            let mapping = WeightMapping(rules: Dictionary(rules) { first, _ in first })
            return try assigned(to: model, mapping, loading)
        }
        if arrays.contains(where: { $0.name.contains("layers/") && $0.name.contains("/vars/") }) {
            return try StoredWeights(arrays: arrays).assigned(to: model, loading)
        }
        for layout in KnownLayouts.all {
            if let found = try layout.mapping(of: arrays, to: model, of: network) {
                var assignment = try assigned(to: model, found.mapping, loading, found.fills)
                for note in found.notes { assignment.note(note) }
                return assignment
            }
        }
        let names = arrays.prefix(3).map { quoted($0.name) }.joined(separator: ", ")
        throw WeightFileError.Cause.unsupported(
            "the naming of these \(arrays.count) arrays (\(names), …) for this model without a "
                + "mapping file")
    }

    /// Names as TensorFlow decorates them, without the decoration.
    static func plain(_ name: String) -> String {
        var name = name[...]
        let attribute = "/.ATTRIBUTES/VARIABLE_VALUE"
        if name.hasSuffix(attribute) { name = name.dropLast(attribute.count) }
        if name.hasSuffix(":0") { name = name.dropLast(2) }
        return String(name)
    }

    private func assigned(
        to model: ModelLayers, _ mapping: WeightMapping, _ loading: WeightLoading,
        _ fills: [String: Float] = [:]
    ) throws -> WeightAssignment {
        var assignment = WeightAssignment(keepsType: loading.keepsTypes)
        let isLenient = loading.skipsMismatches || loading.matching == .name
        let specs = Dictionary(model.specs.map { ($0.path, $0) }) { first, _ in first }
        var sources: [String: String] = [:]
        for array in arrays {
            guard let rule = mapping.rules[array.name] else {
                assignment.unused([array.name], isAllowed: isLenient)
                continue
            }
            guard let path = rule.path else {
                assignment.state([array.name])
                continue
            }
            guard let spec = specs[path] else {
                assignment.unused([array.name], isAllowed: isLenient)
                continue
            }
            if let other = sources.updateValue(array.name, forKey: path) {
                throw ModelError.weight(
                    path: path,
                    cause: "is given twice, by \(quoted(other)) and \(quoted(array.name))")
            }
            try assignment.assign(
                rule.applied(to: array.read(), for: path), to: spec, from: array.name,
                isAllowed: loading.skipsMismatches)
        }
        for (name, rule) in mapping.rules.sorted(by: { $0.key < $1.key })
        where loading.mapping != nil {
            // A rule for an array that is not there is a mistake that must show.
            if !arrays.contains(where: { $0.name == name }), rule.path != nil {
                assignment.unused(
                    ["\(name) (in the mapping, not in the file)"], isAllowed: isLenient)
            }
        }
        for spec in model.specs where sources[spec.path] == nil {
            if let value = fills[spec.path] {
                assignment.fill(
                    spec, with: try Tensor(repeating: value, shape: spec.shape),
                    described: "\(value)")
            } else {
                assignment.missing(spec.path, isAllowed: isLenient)
            }
        }
        return assignment
    }
}

extension WeightMapping {
    init(rules: [String: Rule]) { self.rules = rules }
}

/// A mapping that names alone gave, and what it could not take from the file.
struct FoundMapping {
    var mapping: WeightMapping
    /// Weights that the source's architecture does without, and the value that means the same.
    var fills: [String: Float] = [:]
    var notes: [String] = []
}

/// A way of naming arrays that is recognized without a mapping file.
protocol KnownLayout: Sendable {
    /// Nil if the arrays' names, or the model's, are not of this kind.
    func mapping(
        of arrays: [NamedArray], to model: ModelLayers, of network: Network
    ) throws -> FoundMapping?
}

enum KnownLayouts {
    static let all: [any KnownLayout] = [NumberedArrays(), TensorFlowObjects(), TorchModules()]
}

/// `arr_0`, `arr_1`, …: what `numpy.savez(path, *model.get_weights())` gives.
struct NumberedArrays: KnownLayout {
    func mapping(
        of arrays: [NamedArray], to model: ModelLayers, of network: Network
    ) -> FoundMapping? {
        let numbers = arrays.map { array -> Int? in
            let name = ForeignWeights.plain(array.name)
            // Keras 3's export has variables/0, variables/1, …
            for prefix in ["arr_", "variables/"] where name.hasPrefix(prefix) {
                return Int(name.dropFirst(prefix.count))
            }
            return nil
        }
        let weights = model.entries.flatMap(\.weights)
        guard !arrays.isEmpty, !numbers.contains(nil) else { return nil }
        var rules: [String: WeightMapping.Rule] = [:]
        for case (let array, let number?) in zip(arrays, numbers) {
            guard weights.indices.contains(number) else { continue }
            rules[array.name] = .init(path: weights[number].path)
        }
        return FoundMapping(mapping: WeightMapping(rules: rules))
    }
}

/// `layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE`: checkpoints and SavedModels of Keras 2.
struct TensorFlowObjects: KnownLayout {
    private static let prefix = "layer_with_weights-"

    func mapping(
        of arrays: [NamedArray], to model: ModelLayers, of network: Network
    ) -> FoundMapping? {
        guard arrays.contains(where: { $0.name.hasPrefix(Self.prefix) }) else { return nil }
        let layers = model.entries.filter { !$0.weights.isEmpty }
        var rules: [String: WeightMapping.Rule] = [:]
        for array in arrays {
            guard array.name.hasPrefix(Self.prefix), !array.name.contains(".OPTIMIZER_SLOT") else {
                rules[array.name] = .init(path: nil)  // the optimizer's and the saver's own
                continue
            }
            let parts = ForeignWeights.plain(array.name).dropFirst(Self.prefix.count)
                .split(separator: "/")
            guard let number = parts.first.flatMap({ Int($0) }), layers.indices.contains(number)
            else { continue }
            let path = Self.path(Array(parts.dropFirst()), in: layers[number].weights)
            rules[array.name] = path.map { .init(path: $0) }
        }
        return FoundMapping(mapping: WeightMapping(rules: rules))
    }

    /// The weight of a layer that the rest of a name means: by its own name and, among several of that
    /// name, by the objects around it.
    private static func path(
        _ parts: [Substring], in weights: [ModelWeight], depth: Int = 2
    ) -> String? {
        guard let leaf = parts.last else { return nil }
        var named = weights.filter { $0.name == leaf }
        // Keras 3 has one name for kernels of both kinds.
        if named.isEmpty, leaf == "depthwise_kernel" {
            named = weights.filter { $0.name == "kernel" }
        }
        if named.count <= 1 { return named.first?.path }
        // Objects inside: `cell/kernel`, `forward_layer/cell/kernel`, `layer_with_weights-1/kernel`.
        let owners = parts.dropLast().map(String.init)
        let exact = named.filter { weight in
            let group = weight.group.split(separator: "/").dropFirst(2).map(String.init)
            return group == owners || group.filter { $0 != "layers" } == owners
        }
        if exact.count == 1 { return exact[0].path }
        // A model inside numbers its own layers with weights.
        guard let first = owners.first, first.hasPrefix(prefix),
            let number = Int(first.dropFirst(prefix.count))
        else { return nil }
        let positions = Set(weights.map { Array($0.rank.prefix(depth)) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        guard positions.indices.contains(number) else { return nil }
        let inner = weights.filter { Array($0.rank.prefix(depth)) == positions[number] }
        return path(Array(parts.dropFirst()), in: inner, depth: depth + 1)
    }
}
