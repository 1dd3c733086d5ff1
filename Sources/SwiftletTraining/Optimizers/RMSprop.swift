internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Divides the gradient by a running root mean square of it.
///
/// - SeeAlso: Hinton 2012, "Neural networks for machine learning", lecture 6e.
struct RMSprop: UpdateRule {
    static let className = "RMSprop"
    static let defaultLearningRate = 0.001
    let rho: Double
    let momentum: Double
    let epsilon: Double
    let isCentered: Bool

    init(rho: Double, momentum: Double, epsilon: Double, isCentered: Bool) {
        (self.rho, self.momentum) = (rho, momentum)
        (self.epsilon, self.isCentered) = (epsilon, isCentered)
    }

    init(config: LayerConfig) throws {
        rho = try config.double("rho", default: 0.9)
        momentum = try config.double("momentum", default: 0)
        epsilon = try config.double("epsilon", default: 1e-7)
        isCentered = try config.bool("centered", default: false)
    }

    var config: JSONObject {
        [
            "rho": .double(rho), "momentum": .double(momentum), "epsilon": .double(epsilon),
            "centered": .bool(isCentered),
        ]
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        var groups = [[OptimizerSlot("velocity", shape)]]
        if momentum > 0 { groups.append([OptimizerSlot("momentum", shape)]) }
        if isCentered { groups.append([OptimizerSlot("average_gradient", shape)]) }
        return groups
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        var rule = sl_rmsprop(
            rate: step.rate, rho: Float(rho), momentum: Float(momentum), epsilon: Float(epsilon),
            centered: isCentered)
        weight.forEachPart(workers) { sl_step_rmsprop($0, &rule) }
    }
}

extension Optimizer {
    /// Divides the gradient by a running root mean square of it.
    public static func rmsprop(
        learningRate: LearningRate = 0.001, rho: Double = 0.9, momentum: Double = 0,
        epsilon: Double = 1e-7, centered: Bool = false,
        options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(
            RMSprop(rho: rho, momentum: momentum, epsilon: epsilon, isCentered: centered),
            learningRate, options)
    }
}
