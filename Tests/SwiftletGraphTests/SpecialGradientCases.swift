import SwiftletGraph
import SwiftletTensor

private let specialRanges: [(SpecialFunction.Kind, ClosedRange<Float>)] = [
    (.complementaryErf, -1...2), (.inverseErf, -0.8...0.8), (.besselI0, -2...2),
    (.besselI1, -2...2),
]

private let specialCases = specialRanges.map { kind, range in
    GradientCase(name: "\(kind.rawValue)", shapes: [[11]], range: range) { graph, x in
        try graph.apply(SpecialFunction(kind), x[0])
    }
}

/// `x xᵀ + 2`: far from singular, positive definite.
private func positive(_ x: Value, in graph: inout Graph) throws -> Value {
    let eye = try Tensor([Float(2), 0, 0, 0, 2, 0, 0, 0, 2], shape: [3, 3])
    return try graph.add(graph.matmul(x, x, transposesB: true), graph.constant(eye))
}

private let matrixCases = [
    GradientCase(name: "determinant", shapes: [[2, 3, 3]]) { graph, x in
        try graph.apply(Determinant(kind: .plain), positive(x[0], in: &graph))
    },
    GradientCase(name: "logarithm of the determinant", shapes: [[3, 3]]) { graph, x in
        try graph.apply(Determinant(kind: .logarithm), positive(x[0], in: &graph))
    },
    GradientCase(name: "solve", shapes: [[2, 3, 3], [2, 3, 2]]) { graph, x in
        try graph.apply(Solve(), positive(x[0], in: &graph), x[1])
    },
    GradientCase(name: "solve transposed", shapes: [[3, 3], [3, 2]]) { graph, x in
        try graph.apply(Solve(isTransposed: true), positive(x[0], in: &graph), x[1])
    },
    GradientCase(name: "cholesky", shapes: [[3, 3]]) { graph, x in
        try graph.apply(CholeskyFactor(), positive(x[0], in: &graph))
    },
]

private let alignmentCases = [
    GradientCase(name: "ctc", shapes: [[3, 6, 4]]) { graph, x in
        let labels = try Tensor([1, 2, 2, 3, 0, 0, 0, 0, 0] as [Float], shape: [3, 3])
        return try graph.ctc(x[0], labels: graph.constant(labels))
    }
]

let specialGradientCases = specialCases + matrixCases + alignmentCases
