public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Brings every example to mean 0 and variance 1 over `axes`, then scales and shifts it.
///
/// - SeeAlso: Ba et al. 2016, arXiv:1607.06450.
public struct LayerNormalization: UnaryLayer {
    public static let className = "LayerNormalization"
    public var options: LayerOptions
    public let axes: [Int]
    public let epsilon: Float
    private let centers: Bool
    private let scales: Bool
    /// Keras's deprecated `rms_scaling`: divides by the deviation without centring.
    private let scalesOnly: Bool
    private let gamma: WeightOptions
    private let beta: WeightOptions
    public var supportsMasking: Bool { true }

    public init(
        axes: [Int] = [-1], epsilon: Float = 1e-3, centers: Bool = true, scales: Bool = true,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.axes = axes
        self.epsilon = epsilon
        self.centers = centers
        self.scales = scales
        scalesOnly = false
        gamma = WeightOptions(.ones)
        beta = WeightOptions(.zeros)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        axes = try config.intList("axis", default: [-1])
        epsilon = try config.float("epsilon", default: 1e-3)
        centers = try config.bool("center", default: true)
        scales = try config.bool("scale", default: true)
        scalesOnly = try config.bool("rms_scaling", default: false)
        gamma = try WeightOptions(config: config, "gamma", default: .ones)
        beta = try WeightOptions(config: config, "beta", default: .zeros)
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "axis": axes.count == 1 ? .int(axes[0]) : .array(axes.map(JSON.int)),
            "epsilon": .number(epsilon), "center": .bool(centers), "scale": .bool(scales),
            "rms_scaling": .bool(scalesOnly),
        ]
        beta.write("beta", to: &config)
        gamma.write("gamma", to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        let normalized = axes.compactMap { shape.normalizedAxis($0) }.sorted()
        guard normalized.count == axes.count, Set(normalized).count == axes.count else {
            throw refusal("axes \(axes) are not in an input of shape \(shape)")
        }
        let extents = normalized.map { shape[$0] }
        let scale =
            scales || scalesOnly ? try lowering.weight("gamma", extents, gamma) : nil
        let shift = centers && !scalesOnly ? try lowering.weight("beta", extents, beta) : nil
        if !scalesOnly, normalized == Array(shape.indices.suffix(normalized.count)) {
            return try lowering.graph.layerNormalization(
                x, gamma: scale, beta: shift, axisCount: normalized.count, epsilon: epsilon)
        }
        // The weights lie along the normalised axes, 1 elsewhere.
        let broadcast = (0..<shape.rank).map { normalized.contains($0) ? shape[$0] : 1 }

        let mean = try lowering.graph.mean(x, axes: normalized, keepsDimensions: true)
        let deviation = try lowering.graph.subtract(x, mean)
        let variance = try lowering.graph.mean(
            lowering.graph.unary(.square, deviation), axes: normalized, keepsDimensions: true)
        let inverse = try lowering.graph.unary(
            .reciprocalSquareRoot,
            lowering.graph.add(variance, lowering.graph.constant(epsilon)))
        var y = try lowering.graph.multiply(scalesOnly ? x : deviation, inverse)
        if let scale {
            y = try lowering.graph.multiply(y, lowering.graph.reshape(scale, to: broadcast))
        }
        if let shift {
            y = try lowering.graph.add(y, lowering.graph.reshape(shift, to: broadcast))
        }
        return y
    }
}
