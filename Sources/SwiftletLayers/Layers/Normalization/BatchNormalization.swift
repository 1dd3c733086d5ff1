public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Brings every channel to mean 0 and variance 1 over the batch, then scales and shifts it.
///
/// Training uses the batch's own statistics and keeps moving averages of them; inference uses those.
///
/// - SeeAlso: Ioffe & Szegedy 2015, arXiv:1502.03167.
public struct BatchNormalization: UnaryLayer {
    public static let className = "BatchNormalization"
    public var options: LayerOptions
    public let axis: Int
    public let momentum: Float
    public let epsilon: Float
    private let centers: Bool
    private let scales: Bool
    private let gamma: WeightOptions
    private let beta: WeightOptions
    private let movingMean: Initializer
    private let movingVariance: Initializer
    /// Keras 2's batch renormalisation, which keeps further statistics to train with: its options as
    /// the file gives them.
    private let renormalization: JSONObject?
    public var supportsMasking: Bool { true }
    public var mixesExamples: Bool { isTrainable }

    /// - Parameters:
    ///   - axis: the channels.
    ///   - momentum: the share of the moving averages that a step keeps.
    ///   - centers: whether there is a shift (beta).
    ///   - scales: whether there is a scale (gamma).
    public init(
        axis: Int = -1, momentum: Float = 0.99, epsilon: Float = 1e-3, centers: Bool = true,
        scales: Bool = true, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.axis = axis
        self.momentum = momentum
        self.epsilon = epsilon
        self.centers = centers
        self.scales = scales
        gamma = WeightOptions(.ones)
        beta = WeightOptions(.zeros)
        movingMean = .zeros
        movingVariance = .ones
        renormalization = nil
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        axis = try config.int("axis", default: -1)
        momentum = try config.float("momentum", default: 0.99)
        epsilon = try config.float("epsilon", default: 1e-3)
        centers = try config.bool("center", default: true)
        scales = try config.bool("scale", default: true)
        gamma = try WeightOptions(config: config, "gamma", default: .ones)
        beta = try WeightOptions(config: config, "beta", default: .zeros)
        movingMean = try config.initializer("moving_mean_initializer", default: .zeros)
        movingVariance = try config.initializer("moving_variance_initializer", default: .ones)
        renormalization =
            try config.bool("renorm", default: false)
            ? [
                "renorm": true, "renorm_clipping": config.json["renorm_clipping"] ?? .null,
                "renorm_momentum": config.json["renorm_momentum"] ?? .double(0.99),
            ] : nil
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "axis": .int(axis), "momentum": .number(momentum), "epsilon": .number(epsilon),
            "center": .bool(centers), "scale": .bool(scales),
        ]
        beta.write("beta", to: &config)
        gamma.write("gamma", to: &config)
        config["moving_mean_initializer"] = movingMean.json
        config["moving_variance_initializer"] = movingVariance.json
        config["synchronized"] = false
        for (key, value) in renormalization ?? [:] { config[key] = value }
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard let axis = shape.normalizedAxis(axis) else {
            throw refusal("axis \(axis) is not in an input of shape \(shape)")
        }
        let channels = shape[axis]
        let scale = scales ? try lowering.weight("gamma", [channels], gamma) : nil
        let shift = centers ? try lowering.weight("beta", [channels], beta) : nil
        var mean = try lowering.weight(
            "moving_mean", [channels], initializer: movingMean, isTrainable: false)
        var variance = try lowering.weight(
            "moving_variance", [channels], initializer: movingVariance, isTrainable: false)
        if renormalization != nil {
            for (name, initializer) in [
                ("moving_stddev", movingVariance), ("renorm_mean", movingMean),
                ("renorm_stddev", movingVariance),
            ] {
                _ = try lowering.weight(
                    name, [channels], initializer: initializer, isTrainable: false)
            }
        }
        if lowering.isTraining, !lowering.isFrozen {
            guard renormalization == nil else {
                throw refusal("batch renormalization cannot be trained")
            }
            let moving = (
                mean: lowering.state("moving_mean", of: mean),
                variance: lowering.state("moving_variance", of: variance)
            )
            var result: Value?
            if axis == shape.rank - 1, lowering.mask(of: x) == nil {
                (result, mean, variance) = try lowering.graph.channelNormalization(
                    x, gamma: scale, beta: shift, epsilon: epsilon)
            } else {
                (mean, variance) = try moments(of: x, axis: axis, in: &lowering)
            }
            try updateAverage(moving.mean, with: mean, "moving_mean", in: &lowering)
            try updateAverage(moving.variance, with: variance, "moving_variance", in: &lowering)
            if let result { return result }
        }
        return try normalize(x, axis, mean, variance, scale, shift, in: &lowering)
    }

    /// `x · factor + (beta − mean · factor)` with `factor = gamma / √(variance + ε)`: two operations
    /// on the data, and in inference two constants, which passes fold into a convolution before.
    private func normalize(
        _ x: Value, _ axis: Int, _ mean: Value, _ variance: Value, _ scale: Value?,
        _ shift: Value?, in lowering: inout Lowering
    ) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        let epsilon = try lowering.graph.constant(epsilon)
        var factor = try lowering.graph.unary(
            .reciprocalSquareRoot, lowering.graph.add(variance, epsilon))
        if let scale { factor = try lowering.graph.multiply(factor, scale) }
        let centre = try lowering.graph.multiply(mean, factor)
        let offset =
            try shift.map { try lowering.graph.subtract($0, centre) }
            ?? lowering.graph.unary(.negate, centre)
        let extents = [shape[axis]] + [Int](repeating: 1, count: shape.rank - 1 - axis)
        let y = try lowering.graph.multiply(x, lowering.graph.reshape(factor, to: extents))
        return try lowering.graph.add(y, lowering.graph.reshape(offset, to: extents))
    }

    /// Mean and population variance of every channel; masked steps do not count.
    private func moments(
        of x: Value, axis: Int, in lowering: inout Lowering
    ) throws -> (mean: Value, variance: Value) {
        let shape = lowering.graph.shape(of: x)
        let axes = (0..<shape.rank).filter { $0 != axis }
        guard let mask = lowering.mask(of: x) else {
            let mean = try lowering.graph.mean(x, axes: axes, keepsDimensions: true)
            let deviation = try lowering.graph.subtract(x, mean)
            let variance = try lowering.graph.mean(
                lowering.graph.unary(.square, deviation), axes: axes)
            return (try lowering.graph.reshape(mean, to: [shape[axis]]), variance)
        }
        var weights = try lowering.graph.cast(mask, to: .float32)
        let extents = lowering.graph.shape(of: weights).dimensions
        weights = try lowering.graph.reshape(
            weights, to: extents + [Int](repeating: 1, count: shape.rank - extents.count))
        let all = try lowering.graph.spread(weights, to: shape)
        let count = try lowering.graph.sum(all, axes: axes, keepsDimensions: true)
        func mean(_ values: Value, _ lowering: inout Lowering) throws -> Value {
            let sum = try lowering.graph.sum(
                lowering.graph.multiply(values, weights), axes: axes, keepsDimensions: true)
            return try lowering.graph.divide(sum, count)
        }
        let centre = try mean(x, &lowering)
        let deviation = try lowering.graph.subtract(x, centre)
        let variance = try mean(lowering.graph.unary(.square, deviation), &lowering)
        return (
            try lowering.graph.reshape(centre, to: [shape[axis]]),
            try lowering.graph.reshape(variance, to: [shape[axis]])
        )
    }

    private func updateAverage(
        _ average: Value, with value: Value, _ name: String, in lowering: inout Lowering
    ) throws {
        let kept = try lowering.graph.multiply(
            average, lowering.graph.constant(momentum))
        let new = try lowering.graph.multiply(value, lowering.graph.constant(1 - momentum))
        lowering.update(name, to: try lowering.graph.add(kept, new))
    }
}
