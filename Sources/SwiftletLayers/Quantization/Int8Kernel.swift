internal import SwiftletGraph
internal import SwiftletTensor

/// A kernel of bytes with one scale for each of its outputs: `kernel / scale`.
struct Int8Kernel: MergeableKernel {
    /// What inputs are rounded by; nil if they stay as they are.
    let inputs: AbsMaxQuantizer?

    func weights(_ axes: KernelAxes, _ options: WeightOptions) throws -> [KernelWeight?] {
        [
            KernelWeight(name: "kernel", shape: axes.shape, dtype: .int8), nil,
            KernelWeight(
                name: "kernel_scale", shape: axes.scaleShape, options: WeightOptions(.ones)),
        ]
    }

    func product(
        _ x: Value, _ axes: KernelAxes, _ parts: [String: Value], in lowering: inout Lowering
    ) throws -> Value {
        let (kernel, scale) = try (parts.part("kernel"), parts.part("kernel_scale"))
        guard let inputs else {
            let bytes = try lowering.graph.cast(kernel, to: .float32)
            let y = try axes.product(x, bytes, in: &lowering.graph)
            return try lowering.graph.divide(y, scale)
        }
        let y = try axes.roundedProduct(x, by: inputs, kernel, scale, in: &lowering.graph)
        let exact = try axes.product(
            x, dequantized(axes, parts, in: &lowering.graph), in: &lowering.graph)
        return try lowering.graph.surrogate(y, derivedAs: exact)
    }

    func dequantized(
        _ axes: KernelAxes, _ parts: [String: Value], in graph: inout Graph
    ) throws -> Value {
        let bytes = try graph.cast(parts.part("kernel"), to: .float32)
        return try graph.divide(bytes, axes.overKernel(parts.part("kernel_scale"), in: &graph))
    }

    func quantized(
        _ kernel: Value, _ axes: KernelAxes, in graph: inout Graph
    ) throws -> [String: Value] {
        let summed = axes.kernel.indices.filter { axes.summed.contains(axes.kernel[$0]) }
        let (bytes, scale) = try AbsMaxQuantizer().quantized(kernel, axes: summed, in: &graph)
        return [
            "kernel": try graph.cast(bytes, to: .int8),
            "kernel_scale": try axes.overOutput(scale, in: &graph),
        ]
    }
}

extension KernelAxes {
    /// The product of rounded inputs with bytes, of int8, divided by both scales.
    func roundedProduct(
        _ x: Value, by quantizer: AbsMaxQuantizer, _ bytes: Value, _ scale: Value,
        in graph: inout Graph
    ) throws -> Value {
        let contraction = try Contraction(input, extents(of: input), kernel, shape, to: output)
        if contraction.isOneProduct {
            let (rows, matrix, isTransposed) = try contraction.matrices(x, bytes, in: &graph)
            let columns = extents(of: kept).reduce(1, *)
            let y = try graph.append(
                RoundedProduct(quantizer.rounding, transposesB: isTransposed),
                [rows, matrix, graph.reshape(scale, to: [columns])])
            return try contraction.arranged(y[0], in: &graph)
        }
        return try derivableProduct(x, by: quantizer, bytes, scale, in: &graph)
    }

    /// The same by operations that have derivatives: those of the inputs' scales alone, as in Keras.
    func derivableProduct(
        _ x: Value, by quantizer: AbsMaxQuantizer, _ bytes: Value, _ scale: Value,
        in graph: inout Graph
    ) throws -> Value {
        let bytes = try graph.cast(bytes, to: .float32)
        let (rounded, inputScale) = try quantizer.quantized(x, axes: summedInput, in: &graph)
        let sums = try product(rounded, bytes, ofBytes: true, in: &graph)
        let along = try aligned(inputScale, input.filter(output.contains), in: &graph)
        return try graph.divide(sums, graph.multiply(scale, along))
    }
}

extension [String: Value] {
    /// A weight that the form declares.
    func part(_ name: String) throws -> Value {
        guard let value = self[name] else {
            throw ModelError.weight(path: name, cause: "is missing")
        }
        return value
    }
}
