internal import SwiftletFiles
internal import SwiftletLayers

/// From `initial` to `end` in `steps` steps along `(1 − step / steps)^power`.
struct PolynomialDecay: LearningRateSchedule {
    static let className = "PolynomialDecay"
    let initial: Double
    let steps: Double
    let end: Double
    let exponent: Double
    /// Whether a longer decay begins where one ends.
    let cycles: Bool

    init(initial: Double, steps: Int, end: Double, power: Double, cycles: Bool) {
        (self.initial, self.steps, self.end) = (initial, Double(steps), end)
        (exponent, self.cycles) = (power, cycles)
    }

    init(config: LayerConfig) throws {
        initial = try config.double("initial_learning_rate")
        steps = try config.decaySteps("decay_steps")
        end = try config.double("end_learning_rate", default: 0.0001)
        exponent = try config.double("power", default: 1)
        cycles = try config.bool("cycle", default: false)
    }

    var config: JSONObject {
        [
            "initial_learning_rate": .double(initial), "decay_steps": .number(steps),
            "end_learning_rate": .double(end), "power": .double(exponent), "cycle": .bool(cycles),
        ]
    }

    func rate(at step: Float) -> Float {
        var length = Float(steps)
        var step = step
        if cycles {
            if step > 0 { length *= (step / length).rounded(.up) }
        } else {
            step = min(step, length)
        }
        return (Float(initial) - Float(end)) * power(1 - step / length, Float(exponent))
            + Float(end)
    }
}

extension LearningRate {
    /// A rate that falls to `end` in `steps` steps.
    public static func polynomialDecay(
        initial: Double, steps: Int, end: Double = 0.0001, power: Double = 1, cycles: Bool = false
    ) -> LearningRate {
        LearningRate(
            PolynomialDecay(initial: initial, steps: steps, end: end, power: power, cycles: cycles))
    }
}
