internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Adam with the largest gradient in place of the mean of squares.
///
/// - SeeAlso: Kingma & Ba 2014, arXiv:1412.6980, section 7.
struct Adamax: UpdateRule {
    static let className = "Adamax"
    static let defaultLearningRate = 0.001
    static let takesSizes = true
    let beta1: Double
    let beta2: Double
    let epsilon: Double

    init(beta1: Double, beta2: Double, epsilon: Double) {
        (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    }

    init(config: LayerConfig) throws {
        beta1 = try config.double("beta_1", default: 0.9)
        beta2 = try config.double("beta_2", default: 0.999)
        epsilon = try config.double("epsilon", default: 1e-7)
    }

    var config: JSONObject {
        ["beta_1": .double(beta1), "beta_2": .double(beta2), "epsilon": .double(epsilon)]
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        [[OptimizerSlot("momentum", shape), OptimizerSlot("norm", shape)]]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        var rule = sl_adamax(
            rate: step.rate, rest_1: Float(1 - beta1), beta_2: Float(beta2),
            correction: 1 - power(Float(beta1), step.number), epsilon: Float(epsilon),
            takes_roots: weight.squares != nil)
        weight.forEachPart(workers) { sl_step_adamax($0, &rule) }
    }
}

extension Optimizer {
    /// Adam by the largest gradient.
    public static func adamax(
        learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-7, options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(Adamax(beta1: beta1, beta2: beta2, epsilon: epsilon), learningRate, options)
    }
}
