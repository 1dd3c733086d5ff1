internal import SwiftletGraph
internal import SwiftletTensor

/// A kernel of float32 that is rounded to 8-bit floats as it is used, like the inputs, and in
/// training the derivatives of the outputs; what they are scaled by follows what was seen before.
struct Float8Kernel: QuantizedKernel {
    /// Steps that the largest magnitudes are kept of.
    let history: Int

    private static let kinds = ["inputs", "kernel", "outputs_grad"]

    func weights(_ axes: KernelAxes, _ options: WeightOptions) throws -> [KernelWeight?] {
        var traits = WeightTraits()
        traits.isOverwritten = true
        let kernel = KernelWeight(
            name: "kernel", shape: axes.shape, options: options, isTrainable: true)
        return [kernel, nil]
            + Self.kinds.flatMap { kind in
                [
                    KernelWeight(
                        name: "\(kind)_scale", shape: [], options: WeightOptions(.ones),
                        isTrainable: true, traits: traits),
                    KernelWeight(
                        name: "\(kind)_amax_history", shape: [history], isTrainable: true,
                        traits: traits),
                ]
            }
    }

    func product(
        _ x: Value, _ axes: KernelAxes, _ parts: [String: Value], in lowering: inout Lowering
    ) throws -> Value {
        let rounding = Float8Rounding(.e4m3fn, learns: lowering.isTraining)
        func rounded(_ x: Value, _ kind: String, in graph: inout Graph) throws -> Value {
            try graph.apply(
                rounding, x, parts.part("\(kind)_scale"), parts.part("\(kind)_amax_history"))
        }
        let inputs = try rounded(x, "inputs", in: &lowering.graph)
        let kernel = try rounded(parts.part("kernel"), "kernel", in: &lowering.graph)
        return try lowering.graph.apply(
            Float8GradientRounding(.e5m2), axes.product(inputs, kernel, in: &lowering.graph),
            parts.part("outputs_grad_scale"), parts.part("outputs_grad_amax_history"))
    }

    func bias(_ bias: Value, in graph: inout Graph) throws -> Value {
        try graph.cast(graph.cast(bias, to: .bfloat16), to: .float32)
    }
}
