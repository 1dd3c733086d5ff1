package import SwiftletTensor

/// An optimizer at work: one rule for all weights, or several for some each, and the scale of the
/// loss where there is one.
package struct OptimizerState {
    package let optimizer: Optimizer
    /// The trained weights in the model's order.
    package let weights: [(path: String, shape: Shape)]
    /// In Keras's order: those for patterns, then the one for all other weights.
    private var rules: [RuleState]
    /// Per rule, the positions of its weights.
    private let members: [[Int]]
    private var scaling: LossScaleState?
    /// Steps of several rules together.
    private var sharedIteration = 0

    /// - Parameters:
    ///   - values: the weights' values, of float32.
    ///   - model: the model's name, with which Keras begins the paths of a chain's weights.
    package init(
        _ optimizer: Optimizer, weights: [(path: String, shape: Shape)], values: [Tensor],
        model: String? = nil
    ) throws {
        self.optimizer = optimizer
        self.weights = weights
        let owners = try weights.map { try optimizer.part(for: $0.path, of: model) }
        let optimizers = optimizer.parts.map(\.optimizer) + [optimizer]
        members = optimizers.indices.map { part in
            weights.indices.filter { (owners[$0] ?? optimizers.count - 1) == part }
        }
        rules = try zip(optimizers, members).map { optimizer, members in
            try RuleState(
                optimizer, weights: members.map { weights[$0] }, values: members.map { values[$0] })
        }
        scaling = optimizer.dynamicLossScale.map { LossScaleState($0) }
    }

    private var hasSeveralRules: Bool { rules.count > 1 }
    private var mainRule: RuleState { rules[rules.count - 1] }

    /// Steps made, those included that only accumulated gradients.
    package var iteration: Int { hasSeveralRules ? sharedIteration : mainRule.iteration }

    /// The rate where it does not follow a schedule; callbacks may change it.
    package var learningRate: Float {
        get { mainRule.learningRate }
        set { rules[rules.count - 1].learningRate = newValue }
    }

    /// The rate of the next step.
    package var currentRate: Float { mainRule.currentRate }

    /// What the loss is to be multiplied by before its gradients are taken; nil for nothing.
    package var lossScale: Float? {
        scaling?.scale ?? optimizer.options.lossScaleFactor.map { Float($0) }
    }

    /// Per weight, how its gradient is treated if it is one of look-ups; nil where it is accumulated and
    /// so like any other.
    package var lookupRules: [LookupRule?] {
        var result = [LookupRule?](repeating: nil, count: weights.count)
        for (rule, members) in zip(rules, members) {
            for index in members { result[index] = rule.lookupRule }
        }
        return result
    }

    // MARK: Steps

    /// Makes one step, or none if the loss is scaled and a gradient is not finite.
    ///
    /// - Parameters:
    ///   - gradients: one per weight; nil leaves the weight as it is.
    ///   - areScaled: whether they are those of the loss times ``lossScale``.
    ///   - values: the weights' values, changed in place.
    package mutating func apply(
        _ gradients: [Gradient?], areScaled: Bool = true, to values: inout [Tensor],
        workers: Workers
    ) throws {
        precondition(gradients.count == weights.count && values.count == weights.count)
        let scale = areScaled ? lossScale.map { 1 / $0 } ?? 1 : 1
        if scaling != nil {
            let areFinite = zip(gradients, weights).allSatisfy { gradient, weight in
                gradient.map { isFinite($0.elements, weight.shape.elementCount) } ?? true
            }
            scaling?.step(areFinite: areFinite)
            guard areFinite else { return }
        }
        guard hasSeveralRules else {
            return try rules[0].apply(gradients, scale: scale, to: &values, workers: workers)
        }
        let nothing = try Tensor(zeros: .vector(0))
        for (rule, members) in members.enumerated()
        where members.contains(where: { gradients[$0] != nil }) {
            var own = Self.take(members, from: &values, leaving: nothing)
            defer { for (place, index) in members.enumerated() { values[index] = own[place] } }
            try rules[rule].apply(
                members.map { gradients[$0] }, scale: scale, to: &own, workers: workers)
        }
        sharedIteration += 1
    }

    /// Takes tensors out, so that they are written in place and not copied.
    private static func take(
        _ members: [Int], from values: inout [Tensor], leaving nothing: Tensor
    ) -> [Tensor] {
        members.map { index in
            let tensor = values[index]
            values[index] = nothing
            return tensor
        }
    }

    /// Puts the averages in place of the weights, if averages are kept: the end of training.
    package func finish(_ values: inout [Tensor]) {
        for (rule, members) in zip(rules, members) {
            for (place, average) in rule.averages.enumerated() {
                values[members[place]] = average
            }
        }
    }

    /// The averages of the weights in their order; nil for weights of which none is kept.
    package var averages: [Tensor?] {
        var result = [Tensor?](repeating: nil, count: weights.count)
        for (rule, members) in zip(rules, members) {
            for (place, average) in rule.averages.enumerated() { result[members[place]] = average }
        }
        return result
    }

    /// Takes `values` for the averages of the weights where averages are kept.
    package mutating func setAverages(_ values: [Tensor]) {
        for (rule, members) in members.enumerated() {
            rules[rule].setAverages(members.map { values[$0] })
        }
    }

    // MARK: Saving

    /// The optimizer's variables in Keras 3's order.
    ///
    /// Of one rule: `iteration` (int64), `learning_rate` (float32; absent if it follows a schedule),
    /// then for every weight `<path>/average` and for every weight `<path>/gradient_accumulator` if
    /// these options are on, then group by group `<path>/<slot>`, e.g. `dense/kernel/momentum`,
    /// `dense/kernel/velocity`, `dense/bias/momentum`, …, and last the rule's scalars. Several rules
    /// follow each other, after an `iteration` and a `learning_rate` of their own. Where the scale of
    /// the loss is dynamic, `iteration`, `learning_rate`, `step_counter` and `dynamic_scale` come
    /// first.
    package func variables() throws -> [(name: String, value: Tensor)] {
        var result: [(name: String, value: Tensor)] = []
        if let scaling {
            result = try Self.header(iteration: 0) + scaling.variables()
        }
        guard hasSeveralRules else {
            let own = try rules[0].variables()
            return result + (scaling == nil ? own : own.map { ("inner/" + $0.name, $0.value) })
        }
        let prefix = scaling == nil ? "" : "inner/"
        result += try Self.header(iteration: sharedIteration).map { (prefix + $0.name, $0.value) }
        for (number, rule) in rules.enumerated() {
            result += try rule.variables().map { (prefix + "\(number)/" + $0.name, $0.value) }
        }
        return result
    }

    private static func header(iteration: Int) throws -> [(name: String, value: Tensor)] {
        [
            ("iteration", try Tensor(scalar: Int64(iteration))),
            ("learning_rate", try Tensor(scalar: 0 as Float)),
        ]
    }

    /// Takes over what ``variables()`` gave, or what a Keras file holds, in Keras's order.
    ///
    /// - Throws: ``TrainingError/optimizerState(_:)`` if number or shapes do not fit the weights.
    package mutating func restore(_ variables: [(name: String, value: Tensor)]) throws {
        let wanted = rules.reduce(hasSeveralRules ? 2 : 0) { $0 + $1.variableCount }
        if scaling != nil || hasSeveralRules, variables.count < wanted + (scaling == nil ? 0 : 4),
            variables.allSatisfy({ $0.value.rank == 0 })
        {
            return  // Saved before the first step: Keras had not made room for more yet.
        }
        var rest = variables[...]
        if scaling != nil, rest.count > 4, rest.prefix(4).allSatisfy({ $0.value.rank == 0 }) {
            try scaling?.restore(rest.dropFirst(2).prefix(2).map(\.value))
            rest = rest.dropFirst(4)
        }
        guard hasSeveralRules else { return try rules[0].restore(Array(rest)) }
        guard rest.count == wanted, let first = rest.first, first.value.elementCount == 1 else {
            throw TrainingError.optimizerState(
                "\(wanted) tensors expected for \(rules.count) optimizers, \(rest.count) found")
        }
        rest = rest.dropFirst(2)
        for index in rules.indices {
            let count = rules[index].variableCount
            try rules[index].restore(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        sharedIteration = Int(try first.value.converted(to: .int64).elements(of: Int64.self)[0])
    }
}

/// Whether no element is infinite or undefined.
private func isFinite(_ x: UnsafePointer<Float>, _ count: Int) -> Bool {
    var hasOther = false
    for index in 0..<count {
        hasOther = hasOther || x[index].bitPattern & 0x7f80_0000 == 0x7f80_0000
    }
    return !hasOther
}
