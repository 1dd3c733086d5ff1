internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// What a model is trained with, output by output.
struct ResolvedSetup {
    let outputNames: [String]
    let losses: [Loss?]
    let lossWeights: [Double?]
    let metrics: [[Metric]]
    let weightedMetrics: [[Metric]]

    init(_ setup: TrainingSetup, outputs: [String]) throws {
        outputNames = outputs
        losses = try setup.losses.items(for: outputs, kind: "loss")
        lossWeights =
            try setup.lossWeights?.items(for: outputs, kind: "loss weights")
            ?? outputs.map { _ in nil }
        metrics = try setup.metrics.items(for: outputs, kind: "metrics").map { $0 ?? [] }
        weightedMetrics = try setup.weightedMetrics
            .items(for: outputs, kind: "weighted metrics").map { $0 ?? [] }
        guard losses.contains(where: { $0 != nil }) else {
            throw TrainingError.loss("no output has one")
        }
        for loss in losses where loss?.reduction == Loss.Reduction.none {
            throw TrainingError.loss("reduction \"none\" does not give one number to train with")
        }
    }

    /// Whether an output's targets are needed.
    func needsTargets(_ output: Int) -> Bool {
        losses[output] != nil || !metrics[output].isEmpty || !weightedMetrics[output].isEmpty
    }

    /// Whether an output's targets are class numbers.
    func takesClassNumbers(_ output: Int) -> Bool {
        losses[output]?.function.takesClassNumbers == true
            || (metrics[output] + weightedMetrics[output]).contains {
                $0.function.takesClassNumbers
            }
    }

    /// The class number of an output that does not count.
    func ignoredClass(_ output: Int) -> Int? {
        (losses[output]?.function as? SparseCategoricalCrossentropy)?.ignoredClass
    }

    /// All metrics, unweighted ones first, with the names that histories give them.
    var namedMetrics: [(output: Int, metric: Metric, isWeighted: Bool, name: String)] {
        var result: [(output: Int, metric: Metric, isWeighted: Bool, name: String)] = []
        var taken: [String: Int] = [:]
        for (isWeighted, lists) in [(false, metrics), (true, weightedMetrics)] {
            for (output, list) in lists.enumerated() {
                for metric in list {
                    let prefix = outputNames.count > 1 ? outputNames[output] + "_" : ""
                    var name = prefix + metric.name
                    if taken[name] != nil, isWeighted { name = prefix + "weighted_" + metric.name }
                    let count = taken[name, default: 0]
                    taken[name] = count + 1
                    if count > 0 { name += "_\(count)" }
                    result.append((output, metric, isWeighted, name))
                }
            }
        }
        return result
    }
}

/// The types of one batch.
struct BatchTypes: Hashable {
    var inputs: [TensorType]
    /// Per output; nil where no targets are needed.
    var targets: [TensorType?]
    /// Nil if all samples count alike.
    var sampleWeights: TensorType?

    /// Samples in the batch.
    var rows: Int { inputs.first?.shape.first ?? 0 }
}

/// The operations of one step: forward, loss, metrics, and for training the gradients.
struct StepGraph {
    let lowering: Lowering
    let inputs: [Value]
    let targets: [Value?]
    let sampleWeights: Value?
    /// What the loss is multiplied by before its gradients are taken; nil for nothing.
    private(set) var lossScale: Value?
    /// The sum of weighted losses and penalties.
    let loss: Value
    /// The outputs' own losses, unweighted; only where there are several.
    let outputLosses: [(name: String, value: Value)]
    let metrics: [(name: String, metric: Metric, statistics: Value)]
    /// Per weight that an optimizer changes; empty for evaluation.
    private(set) var gradients: [Value?] = []
    /// Per optimized weight, what an optimizer sees of a gradient of look-ups.
    private(set) var lookupSums: [LookupSums?] = []

    /// The label of what loss and metrics compute.
    static let lossLabel = "loss and metrics"

    /// - Parameters:
    ///   - isTraining: whether layers behave as in training and gradients are needed.
    ///   - extents: those that the step's numbers decide, as far as they are known.
    ///   - scalesLoss: whether gradients are those of the loss times a number that is fed.
    ///   - lookups: what an optimizer makes of each weight's gradient if it is one of look-ups.
    init(
        _ network: Network, _ setup: ResolvedSetup, _ types: BatchTypes, isTraining: Bool,
        extents: [String: Int] = [:], scalesLoss: Bool = false, lookups: [LookupRule?] = []
    ) throws {
        var lowering = Lowering(
            isTraining: isTraining, weights: .placeholders, extents: extents,
            carriesStates: true)
        let inputs = try zip(network.inputEntries, types.inputs).map {
            try lowering.graph.placeholder($0.name, $1)
        }
        let outputs = try network.lower(CallArguments(list: inputs), in: &lowering)
        let masks = outputs.map { lowering.mask(of: $0) }
        let targets = try zip(setup.outputNames, types.targets).map { name, type in
            try type.map { try lowering.graph.placeholder("target \(name)", $0) }
        }
        let sampleWeights = try types.sampleWeights.map {
            try lowering.graph.placeholder("sample_weight", $0)
        }

        var graph = lowering.graph
        graph.label = Self.lossLabel
        var total: Value?
        var losses: [(name: String, value: Value)] = []
        for (index, loss) in setup.losses.enumerated() {
            guard let loss, let target = targets[index] else { continue }
            let value = try Self.naming(setup.outputNames[index]) {
                try loss.value(
                    target, outputs[index], weights: sampleWeights, mask: masks[index], in: &graph)
            }
            losses.append(("\(setup.outputNames[index])_loss", value))
            let weight = setup.lossWeights[index]
            let share = try weight.map { try graph.scale(value, by: Float($0)) } ?? value
            total = try total.map { try graph.add($0, share) } ?? share
        }
        guard var sum = total else { throw TrainingError.loss("no output has one") }
        for penalty in try Self.penalties(lowering, in: &graph) {
            sum = try graph.add(sum, penalty)
        }
        loss = sum
        outputLosses = losses.count > 1 ? losses : []
        metrics = try setup.namedMetrics.compactMap { output, metric, isWeighted, name in
            guard let target = targets[output] else { return nil }
            let statistics = try Self.naming(setup.outputNames[output]) {
                try metric.statistics(
                    target, outputs[output], weights: isWeighted ? sampleWeights : nil,
                    mask: masks[output], in: &graph)
            }
            return (name, metric, statistics)
        }
        if isTraining {
            let trained = lowering.specs.filter(\.isTrainable)
            var scaled = loss
            if scalesLoss {
                let scale = try graph.placeholder("loss scale", TensorType([]))
                scaled = try graph.multiply(loss, scale)
                lossScale = scale
            }
            let all = try graph.gradients(
                of: scaled,
                withRespectTo: trained.compactMap { lowering.usedWeight(path: $0.path) })
            for (spec, gradient) in zip(trained, all) {
                if spec.isOptimized {
                    gradients.append(gradient)
                } else if let gradient {
                    lowering.setState(path: spec.path, to: gradient)
                }
            }
            for (index, rule) in lookups.enumerated() where index < gradients.count {
                guard let rule, let gradient = gradients[index],
                    let parts = graph.lookups(in: gradient)
                else {
                    lookupSums.append(nil)
                    continue
                }
                let sums = try rule.sums(of: parts, gradient, lossScale: lossScale, in: &graph)
                gradients[index] = sums.gradient
                lookupSums.append(sums)
            }
        }
        lowering.graph = graph
        (self.lowering, self.inputs, self.targets) = (lowering, inputs, targets)
        self.sampleWeights = sampleWeights
    }

    /// What layers add to the loss, and the penalties on trained weights.
    static func penalties(_ lowering: Lowering, in graph: inout Graph) throws -> [Value] {
        var result = lowering.penalties
        for spec in lowering.specs where spec.isTrainable {
            guard let regularizer = spec.regularizer,
                let weight = lowering.usedWeight(path: spec.path)
            else { continue }
            result.append(try regularizer.penalty(on: weight, in: &graph))
        }
        return result
    }

    /// Names the output in what its loss or metric complains about.
    private static func naming<Result>(
        _ output: String, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch TrainingError.loss(let cause) {
            throw TrainingError.data(name: output, cause: cause)
        }
    }
}
