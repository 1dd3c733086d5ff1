internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// `m ← momentum · m − rate · g`, then `w ← w + m`, or with Nesterov's look-ahead
/// `w ← w + momentum · m − rate · g`.
struct SGD: UpdateRule {
    static let className = "SGD"
    static let defaultLearningRate = 0.01
    let momentum: Double
    let isNesterov: Bool

    init(momentum: Double, isNesterov: Bool) {
        (self.momentum, self.isNesterov) = (momentum, isNesterov)
    }

    init(config: LayerConfig) throws {
        momentum = try config.number("momentum", default: 0, in: 0...1)
        isNesterov = try config.bool("nesterov", default: false)
    }

    var config: JSONObject { ["momentum": .double(momentum), "nesterov": .bool(isNesterov)] }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        momentum == 0 ? [] : [[OptimizerSlot("momentum", shape)]]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        var rule = sl_sgd(rate: step.rate, momentum: Float(momentum), nesterov: isNesterov)
        weight.forEachPart(workers) { sl_step_sgd($0, &rule) }
    }
}

extension Optimizer {
    /// Stochastic gradient descent, with or without momentum.
    public static func sgd(
        learningRate: LearningRate = 0.01, momentum: Double = 0, nesterov: Bool = false,
        options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(SGD(momentum: momentum, isNesterov: nesterov), learningRate, options)
    }
}
