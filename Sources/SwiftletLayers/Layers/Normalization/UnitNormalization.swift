public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Brings the values along `axes` to length 1.
public struct UnitNormalization: UnaryLayer {
    public static let className = "UnitNormalization"
    public var options: LayerOptions
    public let axes: [Int]
    public var supportsMasking: Bool { true }

    public init(axes: [Int] = [-1], name: String? = nil) {
        options = LayerOptions(name: name)
        self.axes = axes
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        axes = try config.intList("axis", default: [-1])
    }

    public var config: JSONObject {
        ["axis": axes.count == 1 ? .int(axes[0]) : .array(axes.map(JSON.int))]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        let normalized = axes.compactMap { shape.normalizedAxis($0) }.sorted()
        guard normalized.count == axes.count, Set(normalized).count == axes.count else {
            throw refusal("axes \(axes) are not in an input of shape \(shape)")
        }
        let squares = try lowering.graph.sum(
            lowering.graph.unary(.square, x), axes: normalized, keepsDimensions: true)
        // No length counts as less than 10⁻¹².
        let floor = try lowering.graph.maximum(squares, lowering.graph.constant(1e-24))
        return try lowering.graph.multiply(
            x, lowering.graph.unary(.reciprocalSquareRoot, floor))
    }
}
