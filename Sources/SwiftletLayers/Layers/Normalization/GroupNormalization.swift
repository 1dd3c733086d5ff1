public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Brings every group of channels of every example to mean 0 and variance 1, then scales and shifts
/// the channels.
///
/// - SeeAlso: Wu & He 2018, arXiv:1803.08494.
public struct GroupNormalization: UnaryLayer {
    public static let className = "GroupNormalization"
    public var options: LayerOptions
    /// The number of groups; −1 for as many as there are channels.
    public let groups: Int
    /// The channels.
    public let axis: Int
    public let epsilon: Float
    private let centers: Bool
    private let scales: Bool
    private let gamma: WeightOptions
    private let beta: WeightOptions
    public var supportsMasking: Bool { true }

    public init(
        groups: Int = 32, axis: Int = -1, epsilon: Float = 1e-3, centers: Bool = true,
        scales: Bool = true, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.groups = groups
        self.axis = axis
        self.epsilon = epsilon
        self.centers = centers
        self.scales = scales
        gamma = WeightOptions(.ones)
        beta = WeightOptions(.zeros)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        groups = try config.int("groups", default: 32)
        guard groups > 0 || groups == -1 else {
            throw ModelError.config(key: "groups", cause: "a positive number or -1 expected")
        }
        axis = try config.int("axis", default: -1)
        epsilon = try config.float("epsilon", default: 1e-3)
        centers = try config.bool("center", default: true)
        scales = try config.bool("scale", default: true)
        gamma = try WeightOptions(config: config, "gamma", default: .ones)
        beta = try WeightOptions(config: config, "beta", default: .zeros)
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "groups": .int(groups), "axis": .int(axis), "epsilon": .number(epsilon),
            "center": .bool(centers), "scale": .bool(scales),
        ]
        beta.write("beta", to: &config)
        gamma.write("gamma", to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard let axis = shape.normalizedAxis(axis), axis > 0 else {
            throw refusal("axis \(axis) is not in an example of shape \(shape)")
        }
        let channels = shape[axis]
        let groups = groups == -1 ? max(1, channels) : groups
        guard channels % groups == 0 else {
            throw ModelError.config(
                key: "groups", cause: "\(groups) does not divide \(channels) channels")
        }
        let scale = scales ? try lowering.weight("gamma", [channels], gamma) : nil
        let shift = centers ? try lowering.weight("beta", [channels], beta) : nil
        let extents = shape.dimensions
        let grouped = try lowering.graph.reshape(
            x, to: extents[..<axis] + [groups, channels / groups] + extents[(axis + 1)...])
        let axes = (1...extents.count).filter { $0 != axis }
        let mean = try lowering.graph.mean(grouped, axes: axes, keepsDimensions: true)
        let deviation = try lowering.graph.subtract(grouped, mean)
        let variance = try lowering.graph.mean(
            lowering.graph.unary(.square, deviation), axes: axes, keepsDimensions: true)
        let inverse = try lowering.graph.unary(
            .reciprocalSquareRoot,
            lowering.graph.add(variance, lowering.graph.constant(epsilon)))
        var y = try lowering.graph.reshape(
            lowering.graph.multiply(deviation, inverse), to: shape)
        let column = [channels] + [Int](repeating: 1, count: extents.count - 1 - axis)
        if let scale {
            y = try lowering.graph.multiply(y, lowering.graph.reshape(scale, to: column))
        }
        if let shift { y = try lowering.graph.add(y, lowering.graph.reshape(shift, to: column)) }
        return y
    }
}
