internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Adam whose step has the length of the weight, for large batches.
///
/// - SeeAlso: You et al. 2019, arXiv:1904.00962.
struct Lamb: UpdateRule {
    static let className = "Lamb"
    static let defaultLearningRate = 0.001
    let beta1: Double
    let beta2: Double
    let epsilon: Double

    init(beta1: Double, beta2: Double, epsilon: Double) {
        (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    }

    init(config: LayerConfig) throws {
        beta1 = try config.double("beta_1", default: 0.9)
        beta2 = try config.double("beta_2", default: 0.999)
        epsilon = try config.double("epsilon", default: 1e-7)
    }

    var config: JSONObject {
        ["beta_1": .double(beta1), "beta_2": .double(beta2), "epsilon": .double(epsilon)]
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        [[OptimizerSlot("momentum", shape), OptimizerSlot("velocity", shape)]]
    }

    func graphStep(path: String, shape: Shape) -> GraphStep? {
        GraphStep { step in
            [
                step.rate, 1 - power(Float(beta1), step.number),
                1 - power(Float(beta2), step.number),
            ]
        } build: { x, graph in
            let m = try graph.moved(x.slots[0], towards: x.gradient, by: 1 - beta1)
            let v = try graph.moved(x.slots[1], towards: x.square, by: 1 - beta2)
            let root = try graph.squareRoot(graph.divide(v, x.numbers[2]))
            let update = try graph.divide(
                graph.divide(m, x.numbers[1]),
                graph.add(root, graph.constant(Float(epsilon))))
            let (own, other) = (try graph.norm(x.weight), try graph.norm(update))
            let zero = try graph.constant(0)
            let areThere = try graph.logicalAnd(
                graph.compare(.greater, own, zero), graph.compare(.greater, other, zero))
            let ratio = try graph.select(areThere, graph.divide(own, other), graph.constant(1))
            let change = try graph.multiply(graph.multiply(ratio, x.numbers[0]), update)
            return (try graph.subtract(x.weight, change), [m, v])
        }
    }
}

extension Optimizer {
    /// Adam whose step has the length of the weight, for large batches.
    public static func lamb(
        learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-7, options: OptimizerOptions = OptimizerOptions()
    ) -> Optimizer {
        Optimizer(Lamb(beta1: beta1, beta2: beta2, epsilon: epsilon), learningRate, options)
    }
}
