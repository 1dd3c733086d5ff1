public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Its inputs one behind the other along an axis.
public struct Concatenate: Layer {
    public static let className = "Concatenate"
    public var options: LayerOptions
    public let axis: Int

    public init(axis: Int = -1, name: String? = nil) {
        options = LayerOptions(name: name)
        self.axis = axis
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        axis = try config.int("axis", default: -1)
    }

    public var config: JSONObject { ["axis": .int(axis)] }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard let first = call.inputs.first else { throw refusal("inputs expected") }
        let shape = lowering.graph.shape(of: first)
        guard let axis = shape.normalizedAxis(axis) else {
            throw refusal("axis \(axis) is not in an input of shape \(shape)")
        }
        let result = try lowering.graph.concatenate(call.inputs, axis: axis)
        if let mask = try mask(call.inputs, axis: axis, in: &lowering) {
            lowering.setMask(mask, of: result)
        }
        return [result]
    }

    /// Keras's rule: masks as wide as their inputs are concatenated too, and a step counts if any of
    /// its elements does, or by the strict rule if all of them do.
    private func mask(
        _ inputs: [Value], axis: Int, in lowering: inout Lowering
    ) throws -> Value? {
        guard inputs.contains(where: { lowering.mask(of: $0) != nil }) else { return nil }
        let masks = try inputs.map { input -> Value in
            let shape = lowering.graph.shape(of: input)
            guard let mask = lowering.mask(of: input) else {
                return try lowering.graph.constant(Tensor(repeating: 1 as Float, shape: shape))
            }
            let counts = try lowering.graph.indicator(mask)
            let extents = lowering.graph.shape(of: mask).dimensions
            guard extents.count < shape.rank else { return counts }
            let ones = [Int](repeating: 1, count: shape.rank - extents.count)
            return try lowering.graph.spread(
                lowering.graph.reshape(counts, to: extents + ones), to: shape)
        }
        let all = try lowering.graph.concatenate(masks, axis: axis)
        let last = [lowering.graph.shape(of: all).rank - 1]
        let counts =
            switch options.maskRule {
            case .loose: try lowering.graph.max(all, axes: last)
            case .strict: try lowering.graph.min(all, axes: last)
            }
        return try lowering.graph.compare(.greater, counts, lowering.graph.constant(0))
    }
}
