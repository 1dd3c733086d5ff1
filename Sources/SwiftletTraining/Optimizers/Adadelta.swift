internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Steps in the unit of the weights: the gradient times the ratio of two running root mean squares.
///
/// - SeeAlso: Zeiler 2012, arXiv:1212.5701.
struct Adadelta: UpdateRule {
    static let className = "Adadelta"
    static let defaultLearningRate = 0.001
    let rho: Double
    let epsilon: Double

    init(rho: Double, epsilon: Double) { (self.rho, self.epsilon) = (rho, epsilon) }

    init(config: LayerConfig) throws {
        rho = try config.double("rho", default: 0.95)
        epsilon = try config.double("epsilon", default: 1e-7)
    }

    var config: JSONObject { ["rho": .double(rho), "epsilon": .double(epsilon)] }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        [
            [
                OptimizerSlot("accumulated_grad", shape),
                OptimizerSlot("accumulated_delta_var", shape),
            ]
        ]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        var rule = sl_adadelta(rate: step.rate, rho: Float(rho), epsilon: Float(epsilon))
        weight.forEachPart(workers) { sl_step_adadelta($0, &rule) }
    }
}

extension Optimizer {
    /// Steps in the unit of the weights.
    public static func adadelta(
        learningRate: LearningRate = 0.001, rho: Double = 0.95, epsilon: Double = 1e-7,
        options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(Adadelta(rho: rho, epsilon: epsilon), learningRate, options)
    }
}
