internal import SwiftletGraph
internal import SwiftletTensor

/// The axes of the product of a layer's input with its kernel, by letters as in an einsum.
struct KernelAxes: Sendable {
    let input: [Character]
    let kernel: [Character]
    let output: [Character]
    let extents: [Character: Int]
    /// Whether it is the product of matrices that ``Dense`` makes, whose scales are vectors.
    let isMatrix: Bool

    func extents(of letters: [Character]) -> [Int] { letters.map { extents[$0] ?? 1 } }

    var shape: [Int] { extents(of: kernel) }

    /// Positions in the input of the axes that are summed over.
    var summedInput: [Int] { input.indices.filter { !output.contains(input[$0]) } }
    /// Letters of the kernel that are summed over, and those that are not, in the kernel's order.
    var summed: [Character] { kernel.filter { !output.contains($0) } }
    var kept: [Character] { kernel.filter(output.contains) }

    /// The kernel as a matrix: what is summed over by what is not.
    func matrixShape() throws -> (rows: Int, columns: Int) {
        _ = try Shape(shape)
        return (extents(of: summed).reduce(1, *), extents(of: kept).reduce(1, *))
    }

    /// The shape of one number per kept element, to go with the output.
    var scaleShape: [Int] {
        isMatrix ? extents(of: kept) : output.map { kernel.contains($0) ? extents[$0] ?? 1 : 1 }
    }

    func product(
        _ x: Value, _ kernel: Value, ofBytes: Bool = false, in graph: inout Graph
    ) throws -> Value {
        let contraction = try Contraction(input, extents(of: input), self.kernel, shape, to: output)
        return try contraction.arranged(
            contraction.product(x, kernel, ofBytes: ofBytes, in: &graph), in: &graph)
    }

    /// A value with axes `letters`, all of the output, brought into the output's order.
    func aligned(_ x: Value, _ letters: [Character], in graph: inout Graph) throws -> Value {
        let order = output.filter(letters.contains)
        let y = try graph.transpose(
            graph.reshape(x, to: extents(of: letters)),
            permutation: order.compactMap { letters.firstIndex(of: $0) })
        return try graph.reshape(
            y, to: output.map { letters.contains($0) ? extents[$0] ?? 1 : 1 })
    }

    /// A value of ``scaleShape`` with the kernel's axes, to go with the kernel.
    func overKernel(_ scale: Value, in graph: inout Graph) throws -> Value {
        let order = output.filter(kept.contains)
        let y = try graph.transpose(
            graph.reshape(scale, to: extents(of: order)),
            permutation: kept.compactMap { order.firstIndex(of: $0) })
        return try graph.reshape(
            y, to: kernel.map { kept.contains($0) ? extents[$0] ?? 1 : 1 })
    }

    /// The inverse of ``overKernel(_:in:)``.
    func overOutput(_ scale: Value, in graph: inout Graph) throws -> Value {
        try graph.reshape(aligned(scale, kept, in: &graph), to: scaleShape)
    }
}
