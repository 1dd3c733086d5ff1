import SwiftletGraph
import SwiftletTensor

/// Products are linear in each operand, so a wide step loses nothing to curvature.
private func row(
    _ name: String, _ shapes: [Shape],
    _ build: @escaping @Sendable (inout Graph, [Value]) throws -> Value
) -> GradientCase {
    GradientCase(name: name, shapes: shapes, step: 0.25, tolerance: 1e-4, build: build)
}

private let geometries: [(String, ConvolutionGeometry, x: Shape, kernel: Shape)] = [
    (
        "1d", ConvolutionGeometry(strides: [2], dilation: [1], padding: [(1, 2)]),
        [2, 6, 3], [3, 3, 4]
    ),
    (
        "2d", ConvolutionGeometry(strides: [2, 1], dilation: [1, 2], padding: [(1, 0), (2, 1)]),
        [1, 5, 6, 2], [3, 2, 2, 3]
    ),
    (
        "3d",
        ConvolutionGeometry(
            strides: [1, 2, 3], dilation: [1, 1, 1], padding: [(0, 1), (1, 1), (0, 0)]),
        [1, 2, 3, 4, 2], [2, 2, 1, 2, 2]
    ),
    (
        "grouped",
        ConvolutionGeometry(
            strides: [1, 1], dilation: [1, 1], padding: [(1, 1), (0, 0)], groups: 2),
        [2, 3, 4, 4], [3, 2, 2, 6]
    ),
]

let productGradientCases: [GradientCase] =
    [
        row("matmul", [[3, 4], [4, 5]]) { try $0.matmul($1[0], $1[1]) },
        row("matmul Aᵀ", [[4, 3], [4, 5]]) { try $0.matmul($1[0], $1[1], transposesA: true) },
        row("matmul Bᵀ", [[3, 4], [5, 4]]) { try $0.matmul($1[0], $1[1], transposesB: true) },
        row("matmul Aᵀ Bᵀ", [[4, 3], [5, 4]]) {
            try $0.matmul($1[0], $1[1], transposesA: true, transposesB: true)
        },
        row("matmul of batches", [[2, 2, 3, 4], [2, 2, 4, 2]]) { try $0.matmul($1[0], $1[1]) },
        row("matmul of repeated batches", [[2, 1, 3, 2], [3, 2, 2]]) {
            try $0.matmul($1[0], $1[1])
        },
        row("matmul with one Aᵀ", [[4, 3], [2, 4, 2]]) {
            try $0.matmul($1[0], $1[1], transposesA: true)
        },
        row("matmul with one B", [[2, 3, 4], [4, 2]]) { try $0.matmul($1[0], $1[1]) },
        row("matmul with one Bᵀ", [[2, 3, 4], [2, 4]]) {
            try $0.matmul($1[0], $1[1], transposesB: true)
        },
    ]
    + geometries.flatMap { name, geometry, x, kernel in
        let axes = x.rank - 2
        return [
            row("convolution \(name)", [x, kernel]) { graph, operands in
                try graph.apply(Convolution(geometry), operands[0], operands[1])
            },
            row("transposed convolution \(name)", [output(geometry, x, kernel), kernel]) {
                graph, operands in
                let spatial = Array(x.dimensions[1...axes])
                return try graph.apply(
                    ConvolutionInputGradient(geometry, spatial: spatial), operands[0], operands[1])
            },
            row("convolution kernel gradient \(name)", [x, output(geometry, x, kernel)]) {
                graph, operands in
                let spatial = Array(kernel.dimensions[..<axes])
                return try graph.apply(
                    ConvolutionKernelGradient(geometry, kernel: spatial), operands[0], operands[1])
            },
        ]
    }

private func output(_ geometry: ConvolutionGeometry, _ x: Shape, _ kernel: Shape) -> Shape {
    do {
        return try Convolution(geometry).outputTypes(for: [TensorType(x), TensorType(kernel)])[0]
            .shape
    } catch {
        preconditionFailure("\(error)")
    }
}
