import SwiftletGraph
import SwiftletTensor
import Testing

/// How a pooling of `tools/op_cases/windows.py` is asked for; padding as TensorFlow's SAME gives it.
private struct PoolingCase {
    let name: String
    let size: [Int]
    let strides: [Int]
    let padding: [(before: Int, after: Int)]
}

private let poolings = [
    PoolingCase(name: "pairs", size: [2], strides: [2], padding: [(0, 0)]),
    PoolingCase(name: "overlapping", size: [3], strides: [1], padding: [(1, 1)]),
    PoolingCase(name: "images", size: [2, 2], strides: [2, 2], padding: [(0, 0), (0, 0)]),
    PoolingCase(name: "images, same", size: [3, 3], strides: [2, 2], padding: [(0, 1), (1, 1)]),
    PoolingCase(
        name: "images, one channel", size: [3, 2], strides: [1, 2], padding: [(1, 1), (0, 1)]),
    PoolingCase(
        name: "volumes", size: [2, 3, 2], strides: [2, 1, 1],
        padding: [(0, 0), (1, 1), (0, 1)]),
    PoolingCase(
        name: "volumes, valid", size: [2, 2, 2], strides: [1, 2, 1],
        padding: [(0, 0), (0, 0), (0, 0)]),
]

private let poolingReferences = [Pooling.Kind.maximum, .average].flatMap { kind in
    poolings.flatMap { row in
        let title = "\(kind == .maximum ? "max" : "avg") of \(row.name)"
        let (size, strides, padding) = (row.size, row.strides, row.padding)
        return [
            ReferenceCase(name: title, tolerance: 3e-7) { graph, x in
                switch kind {
                case .maximum:
                    try graph.maxPool(x[0], size: size, strides: strides, padding: padding)
                case .average:
                    try graph.averagePool(x[0], size: size, strides: strides, padding: padding)
                }
            },
            derivative(of: title) { graph, x in
                let op = Pooling(kind, size: size, strides: strides, padding: padding)
                return try graph.apply(op, x)
            },
        ]
    }
}

private func derivative(
    of title: String, _ build: @escaping @Sendable (inout Graph, Value) throws -> Value
) -> ReferenceCase {
    ReferenceCase(name: "derivative of \(title)", tolerance: 1e-6) { graph, x in
        let y = try build(&graph, x[0])
        let gradients = try graph.gradients(of: y, withRespectTo: [x[0]], seed: x[1])
        return try #require(gradients[0])
    }
}

private let sizes: [(String, to: [Int])] = [
    ("(3, 5) to (6, 10)", [6, 10]), ("(7, 4) to (3, 9)", [3, 9]), ("(5, 6) to (5, 2)", [5, 2]),
    ("(1, 3) to (4, 4)", [4, 4]),
]

private let resizeReferences = Resize.Interpolation.allCases.flatMap { interpolation in
    sizes.flatMap { title, extents in
        let title = "\(interpolation.rawValue) \(title)"
        return [
            ReferenceCase(name: title, tolerance: 1e-6) { graph, x in
                try graph.resize(x[0], to: extents, interpolation)
            },
            derivative(of: title) { graph, x in
                try graph.resize(x, to: extents, interpolation)
            },
        ]
    }
}

let windowReferenceCases = poolingReferences + resizeReferences
