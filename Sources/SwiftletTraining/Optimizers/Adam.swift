internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Running means of the gradient and of its square, both corrected for their start at zero.
///
/// - SeeAlso: Kingma & Ba 2014, arXiv:1412.6980; Reddi et al. 2018 for AMSGrad.
struct Adam: UpdateRule {
    static let className = "Adam"
    static let defaultLearningRate = 0.001
    let beta1: Double
    let beta2: Double
    let epsilon: Double
    let isAMSGrad: Bool

    init(beta1: Double, beta2: Double, epsilon: Double, isAMSGrad: Bool) {
        (self.beta1, self.beta2) = (beta1, beta2)
        (self.epsilon, self.isAMSGrad) = (epsilon, isAMSGrad)
    }

    init(config: LayerConfig) throws {
        beta1 = try config.double("beta_1", default: 0.9)
        beta2 = try config.double("beta_2", default: 0.999)
        epsilon = try config.double("epsilon", default: 1e-7)
        isAMSGrad = try config.bool("amsgrad", default: false)
    }

    var config: JSONObject {
        [
            "beta_1": .double(beta1), "beta_2": .double(beta2), "epsilon": .double(epsilon),
            "amsgrad": .bool(isAMSGrad),
        ]
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        let moments = [OptimizerSlot("momentum", shape), OptimizerSlot("velocity", shape)]
        return isAMSGrad ? [moments, [OptimizerSlot("velocity_hat", shape)]] : [moments]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        // Single precision throughout, as Keras: 1 − 0.999ⁿ loses digits, and so must this.
        let rate =
            step.rate * (1 - power(Float(beta2), step.number)).squareRoot()
            / (1 - power(Float(beta1), step.number))
        var rule = sl_adam(
            rate: rate, rest_1: Float(1 - beta1), rest_2: Float(1 - beta2),
            epsilon: Float(epsilon), amsgrad: isAMSGrad)
        weight.forEachPart(workers) { sl_step_adam($0, &rule) }
    }
}

extension Optimizer {
    /// Adam: adaptive moment estimation.
    public static func adam(
        learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-7, amsgrad: Bool = false,
        options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(
            Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, isAMSGrad: amsgrad), learningRate,
            options)
    }
}
