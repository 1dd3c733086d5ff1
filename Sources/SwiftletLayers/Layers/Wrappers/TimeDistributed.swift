public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Applies a layer to every step of a sequence: `[batch, time, …]` → `[batch, time, …]`.
public struct TimeDistributed: UnaryLayer {
    public static let className = "TimeDistributed"
    public var options: LayerOptions
    public let layer: any Layer
    public var supportsMasking: Bool { true }

    public init(_ layer: any Layer, name: String? = nil) {
        options = LayerOptions(name: name)
        self.layer = layer
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        layer = try config.layer("layer")
    }

    public var config: JSONObject { ["layer": layer.serialized()] }

    public var mixesExamples: Bool { layer.mixesExamples }

    /// Steps are examples like any other to the inner layer: time is folded into the batch, unless
    /// the inner layer mixes examples.
    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x).dimensions
        guard shape.count >= 3 else { throw refusal("[batch, time, …] expected, \(shape) found") }
        if lowering.isTraining, layer.mixesExamples {
            let outputs = try (0..<shape[1]).map { step in
                let slice = try lowering.graph.slice(x, axis: 1, step..<step + 1)
                return try apply(to: slice, steps: 1, in: &lowering)
            }
            return try lowering.graph.concatenate(outputs, axis: 1)
        }
        return try apply(to: x, steps: shape[1], in: &lowering)
    }

    private func apply(
        to x: Value, steps: Int, in lowering: inout Lowering
    ) throws -> Value {
        let shape = lowering.graph.shape(of: x).dimensions
        let folded = try lowering.graph.reshape(x, to: [shape[0] * steps] + shape[2...])
        if let mask = lowering.mask(of: x) {
            let extents = lowering.graph.shape(of: mask).dimensions
            if extents.count > 2 {
                lowering.setMask(
                    try lowering.graph.reshape(mask, to: [extents[0] * extents[1]] + extents[2...]),
                    of: folded)
            }
        }
        let results = try lowering.apply(
            layer, name: nil, group: "layer", to: CallArguments(folded))
        guard results.count == 1 else {
            throw refusal("the inner layer has \(results.count) outputs")
        }
        let inner = lowering.graph.shape(of: results[0]).dimensions
        return try lowering.graph.reshape(results[0], to: [shape[0], steps] + inner[1...])
    }
}
