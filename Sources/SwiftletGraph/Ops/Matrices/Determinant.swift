internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The determinant of square matrices, its sign, or the logarithm of its magnitude:
/// `[…, n, n]` → `[…]`.
package struct Determinant: Op {
    package enum Kind: String, Sendable { case plain, sign, logarithm }

    package let kind: Kind

    package init(kind: Kind) { self.kind = kind }

    package var name: String { kind == .plain ? "determinant" : "determinant_\(kind.rawValue)" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        _ = try squareSize(inputs[0])
        return [TensorType(try Shape(batch(inputs[0])))]
    }

    package func evaluate(_ call: OpCall) throws {
        let size = call.inputTypes[0].shape[call.inputTypes[0].rank - 1]
        let (x, y) = (call.floats(0), call.outputFloats())
        try call.forEachMatrix { index in
            let parts = LUDecomposition(DenseMatrix(size, size, at: x + index * size * size))
            let diagonal = parts.diagonal
            switch kind {
            case .plain: y[index] = Float(diagonal.reduce(parts.sign, *))
            case .sign:
                y[index] = Float(
                    diagonal.reduce(parts.sign) { $0 * ($1 > 0 ? 1 : $1 < 0 ? -1 : 0) })
            case .logarithm: y[index] = Float(diagonal.reduce(0) { $0 + log(abs($1)) })
            }
        }
    }

    /// `∂ log |A| = A⁻ᵀ`, `∂ |A| = |A| A⁻ᵀ`.
    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard var gradient = outputGradients[0], kind != .sign else { return [nil] }
        let x = node.inputs[0]
        let shape = graph.shape(of: x)
        let size = shape[shape.rank - 1]
        if kind == .plain { gradient = try graph.multiply(gradient, node.output()) }
        let eye = try Tensor(
            (0..<size).flatMap { row in (0..<size).map { row == $0 ? Float(1) : 0 } },
            shape: Shape([size, size]))
        let units = try graph.broadcast(graph.constant(eye), to: shape)
        let inverse = try graph.apply(Solve(isTransposed: true), x, units)
        let wide = try graph.reshape(gradient, to: shape.dimensions.dropLast(2) + [1, 1])
        return [try graph.multiply(inverse, wide)]
    }
}
