public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Divides by the root of the mean square over `axes`, then scales.
///
/// - SeeAlso: Zhang & Sennrich 2019, arXiv:1910.07467.
public struct RMSNormalization: UnaryLayer {
    public static let className = "RMSNormalization"
    public var options: LayerOptions
    public let axes: [Int]
    public let epsilon: Float

    public init(axes: [Int] = [-1], epsilon: Float = 1e-6, name: String? = nil) {
        options = LayerOptions(name: name)
        self.axes = axes
        self.epsilon = epsilon
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        axes = try config.intList("axis", default: [-1])
        epsilon = try config.float("epsilon", default: 1e-6)
    }

    public var config: JSONObject {
        ["axis": .array(axes.map(JSON.int)), "epsilon": .number(epsilon)]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        let normalized = axes.sorted().compactMap { shape.normalizedAxis($0) }
        guard normalized.count == axes.count, Set(normalized).count == axes.count else {
            throw refusal("axes \(axes) are not in an input of shape \(shape)")
        }
        let scale = try lowering.weight("scale", normalized.map { shape[$0] }, initializer: .ones)
        let mean = try lowering.graph.mean(
            lowering.graph.unary(.square, x), axes: normalized.sorted(), keepsDimensions: true)
        let inverse = try lowering.graph.unary(
            .reciprocalSquareRoot, lowering.graph.add(mean, lowering.graph.constant(epsilon)))
        // Keras lays the scale along the last axes, whichever ones were normalised.
        let y = try lowering.graph.multiply(lowering.graph.multiply(x, inverse), scale)
        guard lowering.graph.shape(of: y) == shape else {
            throw refusal("a scale along axes \(axes) does not fit shape \(shape)")
        }
        return y
    }
}
