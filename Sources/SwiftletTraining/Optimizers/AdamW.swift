internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Adam with weight decay that does not pass through the moments.
///
/// - SeeAlso: Loshchilov & Hutter 2017, arXiv:1711.05101.
struct AdamW: UpdateRule {
    static let className = "AdamW"
    static let defaultLearningRate = Adam.defaultLearningRate
    static let defaultWeightDecay: Double? = 0.004
    private let adam: Adam

    init(_ adam: Adam) { self.adam = adam }

    init(config: LayerConfig) throws { adam = try Adam(config: config) }

    var config: JSONObject { adam.config }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        adam.slots(for: shape, path: path)
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        adam.update(weight, step: step, workers: workers)
    }
}

extension Optimizer {
    /// Adam with decoupled weight decay.
    public static func adamW(
        learningRate: LearningRate = 0.001, weightDecay: Double = 0.004, beta1: Double = 0.9,
        beta2: Double = 0.999, epsilon: Double = 1e-7, amsgrad: Bool = false,
        options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        var options = options
        options.weightDecay = weightDecay
        let adam = Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, isAMSGrad: amsgrad)
        return Optimizer(AdamW(adam), learningRate, options)
    }
}
