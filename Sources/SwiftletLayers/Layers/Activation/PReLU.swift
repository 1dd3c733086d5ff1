public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A rectifier whose negative slope is learned: `max(x, 0) + alpha · min(x, 0)`.
///
/// - SeeAlso: He et al. 2015, arXiv:1502.01852.
public struct PReLU: UnaryLayer {
    public static let className = "PReLU"
    public var options: LayerOptions
    /// Axes, counted with the batch as 0, along which one slope serves all.
    public let sharedAxes: [Int]
    private let alpha: WeightOptions
    public var supportsMasking: Bool { true }

    public init(
        sharedAxes: [Int] = [], alphaInitializer: Initializer = .zeros, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.sharedAxes = sharedAxes
        alpha = WeightOptions(alphaInitializer)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        sharedAxes = try config.intList("shared_axes", default: [])
        alpha = try WeightOptions(config: config, "alpha", default: .zeros)
    }

    public var config: JSONObject {
        var config: JSONObject = [:]
        alpha.write("alpha", to: &config)
        config["shared_axes"] = sharedAxes.isEmpty ? .null : .array(sharedAxes.map(JSON.int))
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        var extents = Array(shape.dimensions.dropFirst())
        for axis in sharedAxes {
            guard (1..<shape.rank).contains(axis) else {
                throw refusal("shared axis \(axis) is not in an input of shape \(shape)")
            }
            extents[axis - 1] = 1
        }
        let slopes = try lowering.weight("alpha", extents, alpha)
        let positive = try lowering.graph.unary(.relu(), x)
        let negative = try lowering.graph.subtract(x, positive)
        return try lowering.graph.add(positive, lowering.graph.multiply(slopes, negative))
    }
}
