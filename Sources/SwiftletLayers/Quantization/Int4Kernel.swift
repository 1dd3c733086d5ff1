internal import SwiftletGraph
internal import SwiftletTensor

/// A kernel of four-bit numbers, two a byte, as a matrix of what is summed over by what is not.
///
/// Without blocks each column has a scale: `kernel / scale`. With blocks of rows each has a scale
/// and a zero for every column: `(kernel − zero) · scale`.
struct Int4Kernel: MergeableKernel {
    let blockSize: Int?
    /// What inputs are rounded by; nil if they stay as they are.
    let inputs: AbsMaxQuantizer?

    func weights(_ axes: KernelAxes, _ options: WeightOptions) throws -> [KernelWeight?] {
        let (rows, columns) = try axes.matrixShape()
        var kernel = KernelWeight(
            name: "kernel", shape: [rows, Nibbles.bytes(columns)], dtype: .int8)
        guard let blockSize else {
            var scale = KernelWeight(
                name: "kernel_scale", shape: [columns], options: WeightOptions(.ones))
            kernel.traits.formerShapes = try formerKernel(axes)
            scale.traits.formerShapes = try formerScale(axes)
            return [kernel, nil, scale]
        }
        let grid = [(rows - 1) / blockSize + 1, columns]
        return [
            kernel, nil,
            KernelWeight(name: "kernel_scale", shape: grid, options: WeightOptions(.ones)),
            KernelWeight(name: "kernel_zero", shape: grid, dtype: .int8),
            KernelWeight(
                name: "g_idx", shape: [rows],
                options: WeightOptions(try blockNumbers(rows, of: blockSize))),
        ]
    }

    func product(
        _ x: Value, _ axes: KernelAxes, _ parts: [String: Value], in lowering: inout Lowering
    ) throws -> Value {
        let kernel = try dequantized(axes, parts, in: &lowering.graph)
        let exact = try axes.product(x, kernel, in: &lowering.graph)
        guard let inputs, blockSize == nil else { return exact }
        let y =
            axes.isMatrix
            ? try axes.roundedProduct(
                x, by: inputs,
                lowering.graph.cast(
                    numbers(axes, parts, in: &lowering.graph), to: .int8),
                parts.part("kernel_scale"), in: &lowering.graph)
            : try axes.roundedProduct(
                x, by: inputs, kernel: kernel, in: &lowering.graph)
        return try lowering.graph.surrogate(y, derivedAs: exact)
    }

    /// The whole numbers as a matrix.
    private func numbers(
        _ axes: KernelAxes, _ parts: [String: Value], in graph: inout Graph
    ) throws -> Value {
        try Nibbles.unpacked(
            parts.part("kernel"), axis: 1, count: axes.matrixShape().columns, in: &graph)
    }

    func dequantized(
        _ axes: KernelAxes, _ parts: [String: Value], in graph: inout Graph
    ) throws -> Value {
        var kernel = try numbers(axes, parts, in: &graph)
        let scale = try parts.part("kernel_scale")
        if blockSize == nil {
            kernel = try graph.divide(kernel, scale)
        } else {
            kernel = try graph.dequantized(
                kernel, scale: scale, zero: parts.part("kernel_zero"),
                groups: parts.part("g_idx"), axis: 0)
        }
        return try graph.reshape(kernel, to: axes.shape)
    }

    func quantized(
        _ kernel: Value, _ axes: KernelAxes, in graph: inout Graph
    ) throws -> [String: Value] {
        let (rows, columns) = try axes.matrixShape()
        let matrix = try graph.reshape(kernel, to: [rows, columns])
        guard let blockSize else {
            let (numbers, scale) = try AbsMaxQuantizer.int4.quantized(
                matrix, axes: [0], in: &graph)
            return [
                "kernel": try Nibbles.packed(numbers, axis: 1, in: &graph),
                "kernel_scale": try graph.reshape(scale, to: [columns]),
            ]
        }
        let (numbers, scale, zero) = try graph.quantizedInBlocks(matrix, of: blockSize)
        return [
            "kernel": try Nibbles.packed(numbers, axis: 1, in: &graph), "kernel_scale": scale,
            "kernel_zero": try graph.cast(zero, to: .int8),
        ]
    }
}

extension KernelAxes {
    /// The product of rounded inputs with a kernel of floats, divided by the inputs' scale.
    fileprivate func roundedProduct(
        _ x: Value, by quantizer: AbsMaxQuantizer, kernel: Value, in graph: inout Graph
    ) throws -> Value {
        let (rounded, scale) = try quantizer.quantized(x, axes: summedInput, in: &graph)
        return try graph.divide(
            product(rounded, kernel, in: &graph),
            aligned(scale, input.filter(output.contains), in: &graph))
    }
}

// MARK: Before Keras 3.15

extension Int4Kernel {
    /// Keras up to 3.14 packed the kernel, in its own shape, along the first axis that is summed
    /// over, and had scales like a kernel of bytes.
    private func formerKernel(_ axes: KernelAxes) throws -> [FormerShape] {
        let (rows, columns) = try axes.matrixShape()
        // Columns are what the scales belong to only where the summed axes come first.
        guard axes.kernel == axes.summed + axes.kept,
            let axis = axes.kernel.firstIndex(where: axes.summed.contains)
        else { return [] }
        var shape = axes.shape
        let count = shape[axis]
        shape[axis] = Nibbles.bytes(count)
        let former = FormerShape(try Shape(shape)) { tensor in
            try Graph.evaluated { graph in
                let kernel = try Nibbles.unpacked(
                    graph.constant(tensor), axis: axis, count: count, in: &graph)
                let matrix = try graph.reshape(kernel, to: [rows, columns])
                return [try Nibbles.packed(matrix, axis: 1, in: &graph)]
            }[0]
        }
        return former.shape.dimensions == [rows, Nibbles.bytes(columns)] ? [] : [former]
    }

    private func formerScale(_ axes: KernelAxes) throws -> [FormerShape] {
        guard axes.kernel == axes.summed + axes.kept, !axes.isMatrix else { return [] }
        let columns = try axes.matrixShape().columns
        return [
            FormerShape(try Shape(axes.scaleShape)) { tensor in
                try Graph.evaluated { graph in
                    let scale = try axes.overKernel(graph.constant(tensor), in: &graph)
                    return [try graph.reshape(scale, to: [columns])]
                }[0]
            }
        ]
    }
}
