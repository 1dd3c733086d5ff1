internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Follow the regularized leader: sparse weights for wide models.
///
/// - SeeAlso: McMahan et al. 2013, "Ad click prediction: a view from the trenches".
struct Ftrl: UpdateRule {
    static let className = "Ftrl"
    static let defaultLearningRate = 0.001
    let exponent: Double
    let start: Double
    let l1: Double
    let l2: Double
    let shrinkage: Double
    let beta: Double

    init(config: LayerConfig) throws {
        exponent = try config.number("learning_rate_power", default: -0.5, in: -100...0)
        start = try config.number("initial_accumulator_value", default: 0.1, in: 0...1e30)
        l1 = try config.number("l1_regularization_strength", default: 0, in: 0...1e30)
        l2 = try config.number("l2_regularization_strength", default: 0, in: 0...1e30)
        shrinkage = try config.number(
            "l2_shrinkage_regularization_strength", default: 0, in: 0...1e30)
        beta = try config.double("beta", default: 0)
    }

    var config: JSONObject {
        [
            "learning_rate_power": .double(exponent), "initial_accumulator_value": .double(start),
            "l1_regularization_strength": .double(l1), "l2_regularization_strength": .double(l2),
            "l2_shrinkage_regularization_strength": .double(shrinkage), "beta": .double(beta),
        ]
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        [
            [
                OptimizerSlot("accumulator", shape, start: .constant(Float(start))),
                OptimizerSlot("linear", shape),
            ]
        ]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        var rule = sl_ftrl(
            rate: step.rate, power: Float(-exponent), l1: Float(l1),
            l2: Float(l2) + Float(beta) / (2 * step.rate), shrinkage: Float(shrinkage))
        weight.forEachPart(workers) { sl_step_ftrl($0, &rule) }
    }
}
