package import SwiftletFiles
internal import SwiftletHDF5
package import SwiftletTensor

/// The optimizer's variables, between files and Keras 3's order: `iteration`, `learning_rate`, then
/// what it remembers of each weight.
package enum OptimizerVariables {
    package typealias Named = [(name: String, value: Tensor)]

    /// `optimizer_weights` of a legacy file; empty if there are none.
    ///
    /// - Parameter count: how many trained weights the model has.
    static func legacy(
        _ root: HDF5Group, config: JSONObject, weights count: Int, era: KerasEra
    ) throws -> Named {
        // Keras 1 remembered gates and axes as it kept the weights; training begins anew from them.
        guard era != .keras1, root.contains("optimizer_weights") else { return [] }
        let group = try root.group("optimizer_weights")
        let names = try LegacyWeights.strings("weight_names", of: group)
        let variables = try names.map { (name: $0, value: try group.dataset($0).read()) }
        return canonical(
            try byKind(variables, weights: count) ?? interleaved(variables), config: config)
    }

    /// Until Keras 2.3 variables had numbers for names, `Variable_7:0` or `m_3_1:0`, all of one kind
    /// before all of the next; the count of weights tells where. Nil for later files.
    private static func byKind(_ variables: Named, weights count: Int) throws -> Named? {
        func isNumbered(_ name: String) -> Bool {
            let leaf = name.split(separator: "/").last ?? ""
            let parts = leaf.prefix { $0 != ":" }.split(separator: "_")
            return parts.first.map { formerKinds.contains($0) } == true
                && parts.dropFirst().allSatisfy { $0.allSatisfy(\.isNumber) }
        }
        guard let first = variables.first, count > 0 else { return nil }
        let hasCount = first.value.rank == 0
        let slots = hasCount ? Array(variables.dropFirst()) : variables
        guard !slots.isEmpty, slots.allSatisfy({ isNumbered($0.name) }),
            slots.count.isMultiple(of: count)
        else { return nil }
        let kinds = stride(from: 0, to: slots.count, by: count).map { slots[$0..<$0 + count] }
        // Where Adam has no use for its third kind, they are single zeros.
        let used = kinds.enumerated().filter { index, kind in
            index < 2 || zip(kind, kinds[0]).allSatisfy { $0.value.shape == $1.value.shape }
        }.map { Array($0.element) }
        let start: Named =
            hasCount ? [first] : [("iterations", try Tensor(scalar: 0 as Int64))]
        return start + (0..<count).flatMap { weight in used.map { $0[weight] } }
    }

    private static let formerKinds: Set<Substring> = [
        "Variable", "param", "m", "v", "vhat", "u", "moment", "moments", "accumulator",
        "accumulators",
    ]

    /// `optimizer/vars` of a `.weights.h5` file, in order.
    package static func stored(_ tensors: [Tensor], config: JSONObject) -> Named {
        canonical(tensors.enumerated().map { ("\($0.offset)", $0.element) }, config: config)
    }

    /// Keras 2 keeps no learning rate among the variables.
    private static func canonical(_ variables: Named, config: JSONObject) -> Named {
        guard let first = variables.first else { return [] }
        var result: Named = [("iteration", first.value)]
        var rest = variables.dropFirst()
        if let second = rest.first, isLearningRate(second) {
            result.append(("learning_rate", second.value))
            rest = rest.dropFirst()
        } else if let rate = config["optimizer"]?["config"]?["learning_rate"]?.double,
            let value = try? Tensor(scalar: Float(rate))
        {
            result.append(("learning_rate", value))
        }
        // Before the first step some optimizers have not even made room for what they remember.
        if rest.isEmpty, (try? first.value.doubles()) == [0] { return [] }
        return result + rest
    }

    /// Only Keras 3 keeps one. Weights are no scalars, so their slots are none either.
    private static func isLearningRate(_ variable: (name: String, value: Tensor)) -> Bool {
        guard variable.value.rank == 0 else { return false }
        return variable.name == "1" || variable.name.contains("learning_rate")
    }

    /// Until Keras 2.10 all first moments came before all second ones, and names ended in the
    /// slot's: `Adam/dense/kernel/m:0`.
    private static func interleaved(_ variables: Named) -> Named {
        guard let first = variables.first else { return variables }
        func slot(_ name: String) -> Substring? {
            name.split(separator: "/").last?.split(separator: ":").first
        }
        let slots = variables.dropFirst()
        let groups = ["m", "v", "vhat"].map { kind in
            slots.filter { slot($0.name)?[...] == kind[...] }
        }
        .filter { !$0.isEmpty }
        guard groups.count > 1, let count = groups.first?.count,
            groups.allSatisfy({ $0.count == count }),
            groups.reduce(0, { $0 + $1.count }) == slots.count
        else { return variables }
        return [first] + (0..<count).flatMap { index in groups.map { $0[index] } }
    }

    // MARK: Writing

    /// Writes the group of a legacy file. Keras 2 counts no learning rate among the variables.
    static func write(
        _ variables: Named, optimizer: String, forKeras2: Bool, to writer: HDF5Writer
    ) throws {
        let kept = forKeras2 ? variables.filter { $0.name != "learning_rate" } : variables
        guard !kept.isEmpty else { return }
        let group = "optimizer_weights"
        try writer.group(group)
        let names = kept.enumerated().map { index, variable in
            index == 0 ? "iteration:0" : "\(optimizer)/\(variable.name):0"
        }
        try writer.names("weight_names", names, of: group)
        for (name, variable) in zip(names, kept) {
            try writer.dataset("\(group)/\(name)", variable.value)
        }
    }
}
