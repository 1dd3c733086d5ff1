internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Divides the gradient by the root of the sum of all its squares so far.
///
/// - SeeAlso: Duchi et al. 2011, "Adaptive subgradient methods".
struct Adagrad: UpdateRule {
    static let className = "Adagrad"
    static let defaultLearningRate = 0.001
    let start: Double
    let epsilon: Double

    init(start: Double, epsilon: Double) { (self.start, self.epsilon) = (start, epsilon) }

    init(config: LayerConfig) throws {
        start = try config.double("initial_accumulator_value", default: 0.1)
        epsilon = try config.double("epsilon", default: 1e-7)
    }

    var config: JSONObject {
        ["initial_accumulator_value": .double(start), "epsilon": .double(epsilon)]
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        [[OptimizerSlot("accumulator", shape, start: .constant(Float(start)))]]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        var rule = sl_adagrad(rate: step.rate, epsilon: Float(epsilon))
        weight.forEachPart(workers) { sl_step_adagrad($0, &rule) }
    }
}

extension Optimizer {
    /// Divides the gradient by the root of the sum of all its squares so far.
    public static func adagrad(
        learningRate: LearningRate = 0.001, initialAccumulator: Double = 0.1,
        epsilon: Double = 1e-7, options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(Adagrad(start: initialAccumulator, epsilon: epsilon), learningRate, options)
    }
}
