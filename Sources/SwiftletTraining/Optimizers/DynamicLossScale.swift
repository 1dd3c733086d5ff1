internal import SwiftletTensor

/// Keras's `LossScaleOptimizer`: the loss is multiplied by a scale before its gradients are taken.
/// The scale doubles after many steps in a row, and halves where a gradient is not finite; such a
/// step is not made.
public struct DynamicLossScale: Sendable, Hashable {
    public var initial: Double
    /// Steps in a row after which the scale doubles.
    public var growthSteps: Int

    public init(initial: Double = 32768, growthSteps: Int = 2000) {
        self.initial = initial
        self.growthSteps = growthSteps
    }
}

/// The scale of the loss at work.
struct LossScaleState {
    private(set) var scale: Float
    private var steps = 0
    private let growthSteps: Int

    init(_ options: DynamicLossScale) {
        scale = Float(options.initial)
        growthSteps = options.growthSteps
    }

    mutating func step(areFinite: Bool) {
        if !areFinite {
            (steps, scale) = (0, scale / 2)
        } else if steps == growthSteps - 1 {
            (steps, scale) = (0, scale * 2)
        } else {
            steps += 1
        }
    }

    func variables() throws -> [(name: String, value: Tensor)] {
        [
            ("step_counter", try Tensor(scalar: Int64(steps))),
            ("dynamic_scale", try Tensor(scalar: scale)),
        ]
    }

    /// Takes over the two variables, which are scalars.
    mutating func restore(_ values: [Tensor]) throws {
        guard let count = try values.first?.converted(to: .int64).elements(of: Int64.self).first,
            let saved = try values.last?.floats().first, saved > 0
        else { throw TrainingError.optimizerState("the scale of the loss is no positive number") }
        (steps, scale) = (Int(count), saved)
    }
}
