/// Reverse-mode differentiation: graph in, longer graph out.
extension Graph {
    /// Stands before a node's label in those of its derivatives.
    package static let gradientMark = "gradient of "

    /// Adds the derivatives of `value` with respect to each of `targets`.
    ///
    /// - Parameter seed: the derivative of the result with respect to `value`; ones by default, so
    ///   for a `value` of many elements the derivative of their sum.
    /// - Returns: a value of the target's shape each; nil where `value` does not depend on it.
    /// - Throws: ``GraphError/notDifferentiable(op:)`` for an op on the way that has no derivative.
    package mutating func gradients(
        of value: Value, withRespectTo targets: [Value], seed: Value? = nil
    ) throws -> [Value?] {
        let seed = try seed ?? ones(like: value)
        return try gradients(of: [(value, seed)], withRespectTo: targets)
    }

    /// Adds Σ over the pairs of seed · ∂value/∂target for each of `targets`.
    package mutating func gradients(
        of values: [(value: Value, seed: Value)], withRespectTo targets: [Value]
    ) throws -> [Value?] {
        let carries = influence(of: targets)
        var gradients: [Value: Value] = [:]
        for (value, seed) in values { try accumulate(seed, into: &gradients[value]) }
        guard let last = values.map(\.value.node).max() else { return targets.map { _ in nil } }
        let ownLabel = label
        defer { label = ownLabel }
        for index in stride(from: last, through: 0, by: -1) where carries[index] {
            let node = nodes[index]
            let outer = node.types.indices.map { gradients[node.output($0)] }
            guard !node.inputs.isEmpty, outer.contains(where: { $0 != nil }),
                node.inputs.contains(where: { carries[$0.node] })
            else { continue }
            label = Self.gradientMark + node.label
            let inner = try node.op.gradients(of: node, outer, in: &self)
            for (input, gradient) in zip(node.inputs, inner) where carries[input.node] {
                if let gradient { try accumulate(gradient, into: &gradients[input]) }
            }
        }
        return targets.map { gradients[$0] }
    }

    /// Which nodes depend on one of `targets`.
    private func influence(of targets: [Value]) -> [Bool] {
        var carries = [Bool](repeating: false, count: nodes.count)
        for target in targets { carries[target.node] = true }
        for node in nodes where node.inputs.contains(where: { carries[$0.node] }) {
            carries[node.index] = true
        }
        return carries
    }

    private mutating func accumulate(_ gradient: Value, into sum: inout Value?) throws {
        sum = try sum.map { try apply(AddN(), $0, gradient) } ?? gradient
    }
}
