public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// `exp(x) / Σ exp(x)` over `axes`: positive numbers that sum to 1.
public struct Softmax: Layer {
    public static let className = "Softmax"
    public var options: LayerOptions
    public let axes: [Int]
    public var supportsMasking: Bool { true }

    public init(axis: Int = -1, name: String? = nil) {
        options = LayerOptions(name: name)
        axes = [axis]
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        axes = try config.intList("axis", default: [-1])
    }

    public var config: JSONObject {
        ["axis": axes.count == 1 ? .int(axes[0]) : .array(axes.map(JSON.int))]
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard var x = call.inputs.first else { throw refusal("an input expected") }
        let shape = lowering.graph.shape(of: x)
        let normalized = axes.compactMap { shape.normalizedAxis($0) }
        guard normalized.count == axes.count, !axes.isEmpty else {
            throw refusal("axes \(axes) are not in an input of shape \(shape)")
        }
        let mask = call.argument(1, "mask")?.leaf ?? lowering.implicitMask(of: x)
        if let mask {
            // What is masked gets a weight of exp(−∞), as Keras does it with a large number.
            let hidden = try lowering.graph.constant(-3.4028234e38 / 2)
            x = try lowering.graph.select(mask, x, lowering.graph.spread(hidden, to: shape))
        }
        let y = try softmax(x, normalized, in: &lowering.graph)
        guard let mask, options.maskRule == .loose else { return [y] }
        // Keras 3 gives zeros even where everything is masked.
        return [try lowering.graph.select(mask, y, lowering.graph.constant(0))]
    }

    private func softmax(_ x: Value, _ axes: [Int], in graph: inout Graph) throws -> Value {
        if axes.count == 1 { return try graph.softmax(x, axis: axes[0]) }
        let largest = try graph.max(x, axes: axes, keepsDimensions: true)
        let exponentials = try graph.unary(.exp, graph.subtract(x, largest))
        let sum = try graph.sum(exponentials, axes: axes, keepsDimensions: true)
        return try graph.divide(exponentials, sum)
    }
}

extension Lowering {
    /// A mask that came with the tensor, if it has the tensor's own shape.
    fileprivate func implicitMask(of x: Value) -> Value? {
        mask(of: x).flatMap { graph.shape(of: $0) == graph.shape(of: x) ? $0 : nil }
    }
}
