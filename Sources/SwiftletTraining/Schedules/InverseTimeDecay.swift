internal import SwiftletFiles
internal import SwiftletLayers

/// `initial / (1 + rate · j)` where `j` is the step over `steps`; whole numbers only as a staircase.
struct InverseTimeDecay: LearningRateSchedule {
    static let className = "InverseTimeDecay"
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
        return Float(initial) / (1 + Float(rate) * (isStaircase ? part.rounded(.down) : part))
    }
}

extension LearningRate {
    /// A rate that shrinks with the inverse of the step.
    public static func inverseTimeDecay(
        initial: Double, steps: Int, rate: Double, staircase: Bool = false
    ) -> LearningRate {
        LearningRate(
            InverseTimeDecay(initial: initial, steps: steps, rate: rate, isStaircase: staircase))
    }
}
