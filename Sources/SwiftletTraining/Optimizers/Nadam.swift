internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Adam with Nesterov's look-ahead and a momentum that warms up.
///
/// - SeeAlso: Dozat 2015, "Incorporating Nesterov momentum into Adam".
struct Nadam: UpdateRule {
    static let className = "Nadam"
    static let defaultLearningRate = 0.001
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
        [[OptimizerSlot("momentum", shape), OptimizerSlot("velocity", shape)]]
    }

    /// The product of the momenta of all steps so far.
    var scalars: [OptimizerScalar] { [OptimizerScalar(name: "u_product", start: 1)] }

    func scalars(after updates: Int) -> [Float] {
        var product: Float = 1
        for number in 0..<min(max(0, updates), 10_000) {
            product *= momentum(at: Float(number + 1))
        }
        return [product]
    }

    private func momentum(at number: Float) -> Float {
        Float(beta1) * (1 - 0.5 * power(0.96, number))
    }

    func begin(_ step: inout OptimizerStep) { step.scalars[0] *= momentum(at: step.number) }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        let product = step.scalars[0]
        let now = momentum(at: step.number)
        let next = momentum(at: step.number + 1)
        var rule = sl_nadam(
            rate: step.rate, rest_1: 1 - Float(beta1), rest_2: 1 - Float(beta2),
            a: next / (1 - product * next), b: (1 - now) / (1 - product),
            c: 1 / (1 - power(Float(beta2), step.number)), epsilon: Float(epsilon))
        weight.forEachPart(workers) { sl_step_nadam($0, &rule) }
    }
}

extension Optimizer {
    /// Adam with Nesterov momentum.
    public static func nadam(
        learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-7, options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(Nadam(beta1: beta1, beta2: beta2, epsilon: epsilon), learningRate, options)
    }
}
