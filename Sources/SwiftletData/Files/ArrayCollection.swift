internal import SwiftletDataset
internal import SwiftletTensor

/// Arrays of a file under their names, read when they are asked for.
protocol ArrayCollection {
    /// What errors name.
    var file: String { get }
    var names: [String] { get }
    func read(_ name: String) throws(DataError) -> Tensor
    func rows(_ name: String) throws(DataError) -> any RowReader
}

extension ArrayCollection {
    /// The rows of an array, to be read in order.
    func rows(_ name: String) throws(DataError) -> any RowReader {
        TensorRows(try read(name), file: file)
    }

    /// Reads inputs, targets and weights by the roles' names.
    func dataset(_ roles: DataRoles) throws(DataError) -> Dataset {
        let selection = try selection(roles)
        let inputs = try tensors(selection.inputs)
        let targets = try tensors(selection.targets)
        let weights = try selection.weights.map { name throws(DataError) in try read(name) }
        return try DataError.located(file: file) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping {
                try Dataset(inputs: inputs, targets: targets, sampleWeights: weights)
            }
        }
    }

    /// Reads what a model predicts from.
    func inputs(_ roles: DataRoles) throws(DataError) -> NamedTensors {
        try tensors(inputSelection(roles))
    }

    /// Which arrays are inputs, targets and weights.
    func selection(_ roles: DataRoles) throws(DataError) -> ArraySelection {
        let inputs = try inputs(roles, series: ["x", "input"])
        guard let found = series("y") ?? named(roles.outputs) else {
            throw DataError(
                file: file,
                .missing("targets: y, y_0 … expected, the file has \(listed(names))"))
        }
        try check(found, count: roles.outputs.count, "targets")
        return ArraySelection(
            inputs: inputs, targets: pairs(found, as: roles.outputs),
            weights: names.contains("sample_weight") ? "sample_weight" : nil)
    }

    /// Which arrays a model predicts from.
    func inputSelection(_ roles: DataRoles) throws(DataError) -> [ArraySelection.Pair] {
        try inputs(roles, series: ["input", "x"])
    }

    /// - Parameter prefixes: of numbered names, where the file has not the model's own.
    private func inputs(
        _ roles: DataRoles, series prefixes: [String]
    ) throws(DataError) -> [ArraySelection.Pair] {
        let only = names.count == 1 && roles.inputs.count <= 1 ? names : nil
        let numbered = prefixes.lazy.compactMap(series).first
        guard let found = named(roles.inputs) ?? numbered ?? only else {
            let expected = roles.inputs.isEmpty ? "" : "\(listed(roles.inputs)) or "
            throw DataError(
                file: file,
                .missing(
                    "inputs: \(expected)\(prefixes[0]), \(prefixes[0])_0 … expected, the file has "
                        + listed(names)))
        }
        try check(found, count: roles.inputs.count, "inputs")
        return pairs(found, as: roles.inputs)
    }

    /// The names, if the file has them all.
    private func named(_ wanted: [String]) -> [String]? {
        !wanted.isEmpty && wanted.allSatisfy(names.contains) ? wanted : nil
    }

    /// `x`, or else `x_0`, `x_1` … as far as they go.
    private func series(_ prefix: String) -> [String]? {
        if names.contains(prefix) { return [prefix] }
        let known = Set(names)
        let numbered = (0..<names.count).prefix { known.contains("\(prefix)_\($0)") }
        return numbered.isEmpty ? nil : numbered.map { "\(prefix)_\($0)" }
    }

    private func check(_ found: [String], count: Int, _ what: String) throws(DataError) {
        guard count == 0 || found.count == count else {
            throw DataError(
                file: file,
                .mismatch("\(count) \(what) expected, \(found.count) found: \(listed(found))"))
        }
    }

    private func pairs(_ found: [String], as wanted: [String]) -> [ArraySelection.Pair] {
        zip(found, wanted.isEmpty ? found : wanted).map { (role: $1, name: $0) }
    }

    private func tensors(_ pairs: [ArraySelection.Pair]) throws(DataError) -> NamedTensors {
        var result = NamedTensors()
        for (role, name) in pairs { result[role] = try read(name) }
        return result
    }
}

/// The arrays of a file that play a part.
struct ArraySelection {
    /// What an array is for a model, and what it is called in the file.
    typealias Pair = (role: String, name: String)

    let inputs: [Pair]
    let targets: [Pair]
    let weights: String?
}
