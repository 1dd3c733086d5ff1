internal import SwiftletGraph
internal import SwiftletTensor

/// A kernel that was quantized by means of data (GPTQ, AWQ): the transposed matrix of unsigned
/// numbers, with a scale and a zero per output and group of rows, `(kernel − zero) · scale`, and
/// for AWQ a divisor per row.
///
/// - SeeAlso: Frantar et al. 2022, arXiv:2210.17323; Lin et al. 2023, arXiv:2306.00978.
struct CalibratedKernel: QuantizedKernel {
    /// Four-bit numbers stand two a byte.
    let bits: Int
    let groupSize: Int?
    let isActivationAware: Bool

    /// The kernel as a matrix; Keras tells its sides apart by their size.
    private func matrixShape(_ axes: KernelAxes) throws -> (rows: Int, columns: Int) {
        let shape = axes.shape
        _ = try Shape(shape)
        switch shape.count {
        case 2: return (shape[0], shape[1])
        case 3 where shape[0] == shape.max(): return (shape[0], shape[1] * shape[2])
        case 3: return (shape[0] * shape[1], shape[2])
        default:
            throw ModelError.config(
                key: "dtype", cause: "a kernel of shape \(shape) cannot be quantized so")
        }
    }

    func weights(_ axes: KernelAxes, _ options: WeightOptions) throws -> [KernelWeight?] {
        let (rows, columns) = try matrixShape(axes)
        let grid = [columns, groupSize.map { (rows - 1) / $0 + 1 } ?? 1]
        let scales = KernelWeight(
            name: "awq_scales", shape: [rows], options: WeightOptions(.ones))
        return [
            nil,
            KernelWeight(
                name: "kernel", shape: [bits == 4 ? Nibbles.bytes(columns) : columns, rows],
                dtype: .uint8),
            KernelWeight(name: "kernel_scale", shape: grid, options: WeightOptions(.ones)),
            KernelWeight(name: zeroName(axes), shape: grid, dtype: .uint8),
        ] + (isActivationAware ? [scales] : []) + [KernelWeight(name: "g_idx", shape: [rows])]
    }

    private func zeroName(_ axes: KernelAxes) -> String {
        axes.isMatrix ? "kernel_zero" : "zero_point"
    }

    func product(
        _ x: Value, _ axes: KernelAxes, _ parts: [String: Value], in lowering: inout Lowering
    ) throws -> Value {
        let packed = try parts.part("kernel")
        var numbers =
            bits == 4
            ? try Nibbles.unpacked(
                packed, axis: 0, count: matrixShape(axes).columns, in: &lowering.graph)
            : try lowering.graph.cast(packed, to: .float32)
        numbers = try lowering.graph.dequantized(
            numbers, scale: parts.part("kernel_scale"), zero: parts.part(zeroName(axes)),
            groups: parts.part("g_idx"), axis: 1)
        if isActivationAware {
            numbers = try lowering.graph.divide(numbers, parts.part("awq_scales"))
        }
        let kernel = try lowering.graph.transpose(numbers, permutation: [1, 0])
        return try axes.product(
            x, lowering.graph.reshape(kernel, to: axes.shape), in: &lowering.graph)
    }
}
