internal import SwiftletFiles
internal import SwiftletLayers

/// Half a cosine from the initial rate to `alpha` times it, after a linear warm-up if there is one.
///
/// - SeeAlso: Loshchilov & Hutter 2016, arXiv:1608.03983.
struct CosineDecay: LearningRateSchedule {
    static let className = "CosineDecay"
    let initial: Double
    let steps: Double
    let alpha: Double
    /// The rate at the end of the warm-up, from which it then decays.
    let warmUpTarget: Double?
    let warmUpSteps: Double

    init(initial: Double, steps: Int, alpha: Double, warmUpTarget: Double?, warmUpSteps: Int) {
        (self.initial, self.steps, self.alpha) = (initial, Double(steps), alpha)
        (self.warmUpTarget, self.warmUpSteps) = (warmUpTarget, Double(warmUpSteps))
    }

    init(config: LayerConfig) throws {
        initial = try config.double("initial_learning_rate")
        steps = try config.decaySteps("decay_steps")
        alpha = try config.double("alpha", default: 0)
        warmUpTarget =
            try config.value("warmup_target") == nil
            ? nil : config.double("warmup_target")
        warmUpSteps = try config.double("warmup_steps", default: 0)
    }

    var config: JSONObject {
        [
            "initial_learning_rate": .double(initial), "decay_steps": .number(steps),
            "alpha": .double(alpha), "warmup_target": warmUpTarget.json,
            "warmup_steps": .number(warmUpSteps),
        ]
    }

    func rate(at step: Float) -> Float {
        let length = Float(steps)
        guard let warmUpTarget else { return decayed(Float(initial), min(step, length) / length) }
        let warmUp = Float(warmUpSteps)
        let target = Float(warmUpTarget)
        let step = min(step, length + warmUp)
        if step < warmUp {
            return (target - Float(initial)) * (step / warmUp) + Float(initial)
        }
        return decayed(target, (step - warmUp) / length)
    }

    private func decayed(_ rate: Float, _ part: Float) -> Float {
        let wave = 0.5 * (1 + cosine(Float.pi * part))
        return rate * ((1 - Float(alpha)) * wave + Float(alpha))
    }
}

extension LearningRate {
    /// A rate that falls along half a cosine to `alpha · initial` in `steps` steps; with a warm-up,
    /// it first rises linearly to `warmUpTarget` in `warmUpSteps` steps and falls from there.
    public static func cosineDecay(
        initial: Double, steps: Int, alpha: Double = 0, warmUpTarget: Double? = nil,
        warmUpSteps: Int = 0
    ) -> LearningRate {
        LearningRate(
            CosineDecay(
                initial: initial, steps: steps, alpha: alpha, warmUpTarget: warmUpTarget,
                warmUpSteps: warmUpSteps))
    }
}
