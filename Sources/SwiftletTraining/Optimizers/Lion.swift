internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Steps of equal size along the sign of an interpolated momentum.
///
/// - SeeAlso: Chen et al. 2023, arXiv:2302.06675.
struct Lion: UpdateRule {
    static let className = "Lion"
    static let defaultLearningRate = 0.001
    let beta1: Double
    let beta2: Double

    init(beta1: Double, beta2: Double) { (self.beta1, self.beta2) = (beta1, beta2) }

    init(config: LayerConfig) throws {
        beta1 = try config.number("beta_1", default: 0.9, in: 0...1)
        beta2 = try config.double("beta_2", default: 0.99)
    }

    var config: JSONObject { ["beta_1": .double(beta1), "beta_2": .double(beta2)] }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        [[OptimizerSlot("momentum", shape)]]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        var rule = sl_lion(rate: step.rate, beta_1: Float(beta1), beta_2: Float(beta2))
        weight.forEachPart(workers) { sl_step_lion($0, &rule) }
    }
}

extension Optimizer {
    /// Steps of equal size along the sign of the momentum.
    public static func lion(
        learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.99,
        options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(Lion(beta1: beta1, beta2: beta2), learningRate, options)
    }
}
