internal import SwiftletFiles
internal import SwiftletLayers

/// `initial · rateʲ` where `j` is the step over `steps`; whole numbers only as a staircase.
struct ExponentialDecay: LearningRateSchedule {
    static let className = "ExponentialDecay"
    let initial: Double
    let steps: Double
    let rate: Double
    let isStaircase: Bool

    init(initial: Double, steps: Int, rate: Double, isStaircase: Bool) {
        (self.initial, self.steps) = (initial, Double(steps))
        (self.rate, self.isStaircase) = (rate, isStaircase)
    }

    init(config: LayerConfig) throws {
        initial = try config.double("initial_learning_rate")
        steps = try config.decaySteps("decay_steps")
        rate = try config.double("decay_rate")
        isStaircase = try config.bool("staircase", default: false)
    }

    var config: JSONObject {
        [
            "initial_learning_rate": .double(initial), "decay_steps": .number(steps),
            "decay_rate": .double(rate), "staircase": .bool(isStaircase),
        ]
    }

    func rate(at step: Float) -> Float {
        let part = step / Float(steps)
        return Float(initial) * power(Float(rate), isStaircase ? part.rounded(.down) : part)
    }
}

extension LearningRate {
    /// A rate that shrinks by the factor `rate` every `steps` steps.
    public static func exponentialDecay(
        initial: Double, steps: Int, rate: Double, staircase: Bool = false
    ) -> LearningRate {
        LearningRate(
            ExponentialDecay(initial: initial, steps: steps, rate: rate, isStaircase: staircase))
    }
}
