internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Momentum made orthogonal by Newton's iteration for matrices; Adam for all other weights, for
/// embeddings and for the layers that are named.
///
/// - SeeAlso: Jordan et al. 2024, "Muon"; Liu et al. 2025, arXiv:2502.16982.
struct Muon: UpdateRule {
    static let className = "Muon"
    static let defaultLearningRate = 0.001
    static let defaultWeightDecay: Double? = 0.004
    private let adam: Adam
    /// Of the weights that Adam has.
    private let adamDecay: Double?
    private let adamRate: Double
    private let excludedLayers: [String]
    private let excludesEmbeddings: Bool
    private let coefficients: [Double]
    private let momentum: Double
    private let steps: Int
    private let isNesterov: Bool
    /// What brings a step to the size that Adam's have; nil for none.
    private let rmsRate: Double?

    init(config: LayerConfig) throws {
        adam = Adam(
            beta1: try config.double("adam_beta_1", default: 0.9),
            beta2: try config.double("adam_beta_2", default: 0.999),
            epsilon: try config.double("epsilon", default: 1e-7), isAMSGrad: false)
        adamDecay = try config.nullableDouble("adam_weight_decay", default: 0.004)
        adamRate = try config.double("adam_lr_ratio", default: 1)
        excludedLayers = try (config.value("exclude_layers")?.array ?? []).map { pattern in
            guard let text = pattern.string, (try? Regex(text)) != nil else {
                throw ModelError.config(
                    key: "exclude_layers", cause: "\(pattern.text()) is no regular expression")
            }
            return text
        }
        excludesEmbeddings = try config.bool("exclude_embeddings", default: true)
        coefficients = [
            try config.double("muon_a", default: 3.4445),
            try config.double("muon_b", default: -4.7750),
            try config.double("muon_c", default: 2.0315),
        ]
        momentum = try config.double("momentum", default: 0.95)
        steps = try config.int("ns_steps", default: 5)
        guard (0...100).contains(steps) else {
            throw ModelError.config(key: "ns_steps", cause: "\(steps) is not between 0 and 100")
        }
        isNesterov = try config.bool("nesterov", default: true)
        rmsRate = try config.nullableDouble("rms_rate", default: 0.2)
    }

    var config: JSONObject {
        [
            "adam_beta_1": .double(adam.beta1), "adam_beta_2": .double(adam.beta2),
            "epsilon": .double(adam.epsilon),
            "exclude_layers": .array(excludedLayers.map(JSON.string)),
            "muon_a": .double(coefficients[0]), "muon_b": .double(coefficients[1]),
            "muon_c": .double(coefficients[2]), "adam_lr_ratio": .number(adamRate),
            "momentum": .double(momentum), "ns_steps": .int(steps), "nesterov": .bool(isNesterov),
            "exclude_embeddings": .bool(excludesEmbeddings),
            "adam_weight_decay": adamDecay.json, "rms_rate": rmsRate.json,
        ]
    }

    private func isForAdam(path: String, shape: Shape) -> Bool {
        shape.rank != 2 || excludesEmbeddings && path.lowercased().contains("embedding")
            || excludedLayers.contains { path.contains(pattern: $0) }
    }

    func weightDecay(_ decay: Double?, path: String, shape: Shape) -> Double? {
        isForAdam(path: path, shape: shape) ? adamDecay : decay
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        isForAdam(path: path, shape: shape)
            ? adam.slots(for: shape, path: path) : [[OptimizerSlot("momentum", shape)]]
    }

    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {
        var step = step
        step.rate *= Float(adamRate)
        adam.update(weight, step: step, workers: workers)
    }

    func graphStep(path: String, shape: Shape) -> GraphStep? {
        guard !isForAdam(path: path, shape: shape) else { return nil }
        let size = Float(max(shape[0], shape[1])).squareRoot()
        let factor = rmsRate.map { size * Float($0) } ?? 1
        return GraphStep { step in
            [step.rate]
        } build: { x, graph in
            let m = try graph.add(
                x.slots[0],
                graph.add(x.gradient, graph.scale(x.slots[0], by: Float(momentum - 1))))
            let ahead =
                isNesterov ? try graph.add(x.gradient, graph.scale(m, by: Float(momentum))) : m
            let update = try graph.multiply(orthogonalized(ahead, in: &graph), x.numbers[0])
            return (try graph.subtract(x.weight, graph.scale(update, by: factor)), [m])
        }
    }

    /// Nearly the orthogonal factor of `x`: `x ← a x + (b A + c A²) x` with `A = x xᵀ`, some times.
    private func orthogonalized(_ x: Value, in graph: inout Graph) throws -> Value {
        let shape = graph.shape(of: x)
        let isTall = shape[0] > shape[1]
        var y = isTall ? try graph.transpose(x, permutation: [1, 0]) : x
        y = try graph.divide(y, graph.add(graph.norm(y), graph.constant(1e-7)))
        for _ in 0..<steps {
            let a = try graph.matmul(y, y, transposesB: true)
            // Keras multiplies c · A by A in this order.
            let b = try graph.add(
                graph.scale(a, by: Float(coefficients[1])),
                graph.matmul(graph.scale(a, by: Float(coefficients[2])), a))
            y = try graph.add(graph.scale(y, by: Float(coefficients[0])), graph.matmul(b, y))
        }
        return isTall ? try graph.transpose(y, permutation: [1, 0]) : y
    }
}

extension String {
    /// Whether a regular expression, already known to be one, is found in it.
    func contains(pattern: String) -> Bool {
        (try? Regex(pattern)).map { firstMatch(of: $0) != nil } ?? false
    }
}

extension Optimizer {
    /// Orthogonal steps for matrices, Adam's for the rest.
    ///
    /// - Parameter excludingLayers: regular expressions; weights whose paths they occur in are left
    ///   to Adam, as the last layer's should be.
    public static func muon(
        learningRate: LearningRate = 0.001, weightDecay: Double? = 0.004,
        excludingLayers: [String] = [], options: OptimizerOptions = OptimizerOptions()
    ) throws -> Optimizer {
        var optimizer = try Optimizer(
            json: [
                "class_name": "Muon",
                "config": ["exclude_layers": .array(excludingLayers.map(JSON.string))],
            ])
        (optimizer.learningRate, optimizer.options) = (learningRate, options)
        optimizer.options.weightDecay = weightDecay
        return optimizer
    }
}
