internal import SwiftletFiles
internal import SwiftletLayers

/// Cosine decays one after another, each `lengthFactor` times as long and `rateFactor` times as
/// high as the one before.
///
/// - SeeAlso: Loshchilov & Hutter 2016, arXiv:1608.03983.
struct CosineDecayRestarts: LearningRateSchedule {
    static let className = "CosineDecayRestarts"
    static let defaultName = "SGDRDecay"
    let initial: Double
    let steps: Double
    let lengthFactor: Double
    let rateFactor: Double
    let alpha: Double

    init(
        initial: Double, steps: Int, lengthFactor: Double, rateFactor: Double, alpha: Double
    ) {
        (self.initial, self.steps, self.alpha) = (initial, Double(steps), alpha)
        (self.lengthFactor, self.rateFactor) = (lengthFactor, rateFactor)
    }

    init(config: LayerConfig) throws {
        initial = try config.double("initial_learning_rate")
        steps = try config.decaySteps("first_decay_steps")
        lengthFactor = try config.double("t_mul", default: 2)
        rateFactor = try config.double("m_mul", default: 1)
        alpha = try config.double("alpha", default: 0)
    }

    var config: JSONObject {
        [
            "initial_learning_rate": .double(initial), "first_decay_steps": .number(steps),
            "t_mul": .double(lengthFactor), "m_mul": .double(rateFactor), "alpha": .double(alpha),
        ]
    }

    func rate(at step: Float) -> Float {
        var part = step / Float(steps)
        let factor = Float(lengthFactor)
        let restarts: Float
        if factor == 1 {
            restarts = part.rounded(.down)
            part -= restarts
        } else {
            restarts = (logarithm(1 - part * (1 - factor)) / logarithm(factor)).rounded(.down)
            let length = power(factor, restarts)
            part = (part - (1 - length) / (1 - factor)) / length
        }
        let wave = 0.5 * power(Float(rateFactor), restarts) * (1 + cosine(Float.pi * part))
        return Float(initial) * ((1 - Float(alpha)) * wave + Float(alpha))
    }
}

extension LearningRate {
    /// Cosine decays one after another, the first `steps` steps long.
    public static func cosineDecayRestarts(
        initial: Double, steps: Int, lengthFactor: Double = 2, rateFactor: Double = 1,
        alpha: Double = 0
    ) -> LearningRate {
        LearningRate(
            CosineDecayRestarts(
                initial: initial, steps: steps, lengthFactor: lengthFactor, rateFactor: rateFactor,
                alpha: alpha))
    }
}
