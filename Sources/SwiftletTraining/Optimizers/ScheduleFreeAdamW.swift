internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Adam whose weights are an interpolation with their own running mean, in place of a schedule.
///
/// - SeeAlso: Defazio et al. 2024, arXiv:2405.15682.
struct ScheduleFreeAdamW: UpdateRule {
    static let className = "ScheduleFreeAdamW"
    static let defaultLearningRate = 0.0025
    let beta1: Double
    let beta2: Double
    let epsilon: Double
    let warmUpSteps: Int

    init(config: LayerConfig) throws {
        beta1 = try config.double("beta_1", default: 0.9)
        beta2 = try config.double("beta_2", default: 0.999)
        epsilon = try config.double("epsilon", default: 1e-8)
        warmUpSteps = try config.int("warmup_steps", default: 0)
    }

    var config: JSONObject {
        [
            "beta_1": .double(beta1), "beta_2": .double(beta2), "epsilon": .double(epsilon),
            "warmup_steps": .int(warmUpSteps),
        ]
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        [
            [
                OptimizerSlot("momentum", shape, start: .weight),
                OptimizerSlot("velocity", shape),
            ]
        ]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        let warmth = warmUpSteps > 0 ? min(step.number / Float(warmUpSteps), 1) : 1
        var rule = sl_schedule_free(
            rate: step.rate * warmth, beta_1: Float(beta1), rest_2: 1 - Float(beta2),
            correction: 1 - power(Float(beta2), step.number), epsilon: Float(epsilon),
            share: 1 / step.number)
        weight.forEachPart(workers) { sl_step_schedule_free($0, &rule) }
    }
}
