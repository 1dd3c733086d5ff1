import SwiftletGraph
import SwiftletTensor

/// Every function with a derivative, on an interval without kinks and poles.
private let unaryRanges: [(UnaryFunction, ClosedRange<Float>)] = [
    (.negate, -1...1), (.abs, 0.1...1), (.abs, -1 ... -0.1), (.square, -1...1),
    (.squareRoot, 0.5...2), (.reciprocalSquareRoot, 0.5...2), (.reciprocal, 0.5...2),
    (.exp, -1...1), (.expm1, -1...1), (.log, 0.5...2), (.log1p, -0.5...1),
    (.sin, -3...3), (.cos, -3...3), (.tan, -1...1), (.asin, -0.8...0.8), (.acos, -0.8...0.8),
    (.atan, -2...2), (.sinh, -1...1), (.cosh, -1...1), (.tanh, -2...2), (.asinh, -2...2),
    (.acosh, 1.5...3), (.atanh, -0.8...0.8), (.erf, -2...2), (.sigmoid, -3...3),
    (.logSigmoid, -3...3), (.softplus, -3...3), (.softsign, 0.1...2), (.softsign, -2 ... -0.1),
    (.relu(), 0.1...1), (.relu(), -1 ... -0.1),
    (.relu(slope: 0.3, maximum: 2, threshold: 0.5), 0.6...1.9),
    (.relu(slope: 0.3, maximum: 2, threshold: 0.5), -1...0.4),
    (.relu(slope: 0.3, maximum: 2, threshold: 0.5), 2.1...3),
    (.relu6, 0.1...5.9), (.relu6, 6.1...7), (.leakyReLU(slope: 0.2), 0.1...1),
    (.leakyReLU(slope: 0.2), -1 ... -0.1), (.elu(alpha: 0.7), 0.1...1),
    (.elu(alpha: 0.7), -2 ... -0.1), (.selu, 0.1...1), (.selu, -2 ... -0.1),
    (.celu(alpha: 0.7), 0.1...1), (.celu(alpha: 0.7), -2 ... -0.1), (.gelu, -3...3),
    (.geluTanh, -3...3), (.silu, -3...3), (.mish, -3...3), (.hardSigmoid, -2.9...2.9),
    (.hardSigmoid, 3.1...4), (.hardSigmoidFifth, -2.4...2.4), (.hardSigmoidFifth, -4 ... -2.6),
    (.hardSiLU, -2.9...2.9), (.hardSiLU, 3.1...4), (.hardTanh, -0.9...0.9), (.hardTanh, 1.1...2),
    (.hardShrink(threshold: 0.5), 0.6...1), (.hardShrink(threshold: 0.5), -0.4...0.4),
    (.softShrink(threshold: 0.5), -1 ... -0.6), (.softShrink(threshold: 0.5), -0.4...0.4),
    (.tanhShrink, -2...2), (.threshold(0.5, value: 2), 0.6...1),
    (.threshold(0.5, value: 2), -1...0.4), (.squareplus(b: 4), -2...2),
    (.sparseSigmoid, -0.9...0.9), (.sparseSigmoid, 1.1...2), (.sparsePlus, -0.9...0.9),
    (.sparsePlus, 1.1...2), (.clip(lowest: -0.5, highest: 0.5), -0.4...0.4),
    (.clip(lowest: -0.5, highest: 0.5), 0.6...1),
]

private let unaryGradientCases = unaryRanges.map { function, range in
    // Eleven numbers: a whole vector and a part of one.
    GradientCase(name: "\(function) on \(range)", shapes: [[11]], range: range) { graph, x in
        try graph.unary(function, x[0])
    }
}

/// Shapes that take each way through the broadcasting loops.
private let broadcasts: [[Shape]] = [
    [[2, 9], [2, 9]], [[2, 9], [9]], [[2, 9], [2, 1]], [[], [3, 2]], [[2, 1, 3], [4, 1]],
]

private let binaryGradientCases = BinaryFunction.allCases.filter {
    // Constant almost everywhere.
    $0 != .floorDivide
}.flatMap { function in
    broadcasts.map { shapes in
        GradientCase(
            name: "\(function) of \(shapes[0]) and \(shapes[1])", shapes: shapes, range: 0.5...1.5,
            step: 2e-3, tolerance: 1e-2
        ) { graph, x in
            // The second operand is moved away from the first, where maximum and floor_mod jump.
            let b = try graph.add(x[1], graph.constant(1.25))
            return try graph.apply(Binary(function), x[0], b)
        }
    }
}

private let reductions: [(axes: [Int], shape: Shape)] = [
    ([0], [5]), ([0, 1], [3, 4]), ([0], [3, 9]), ([1], [3, 9]), ([1], [2, 3, 4]),
    ([0, 2], [2, 3, 4]), ([-1], [2, 1, 3]),
]

private let reduceGradientCases = [Reduce.Function.sum, .mean, .product, .maximum, .minimum]
    .flatMap { function in
        reductions.flatMap { axes, shape in
            [true, false].map { keeps in
                GradientCase(
                    name: "\(function) of \(shape) over \(axes), keeps \(keeps)", shapes: [shape],
                    range: 0.5...1.5, step: 1e-3, tolerance: 1e-2
                ) { graph, x in
                    try graph.reduce(function, x[0], axes: axes, keepsDimensions: keeps)
                }
            }
        }
    }

let elementwiseGradientCases =
    unaryGradientCases + binaryGradientCases + reduceGradientCases + [
        GradientCase(name: "select", shapes: [[2, 3], [3]]) { graph, x in
            let condition = try graph.constant(
                Tensor([true, false, false, true, true, false], shape: [2, 3]))
            return try graph.select(condition, x[0], x[1])
        },
        GradientCase(name: "spread", shapes: [[2, 1, 3]]) { graph, x in
            try graph.spread(x[0], to: [2, 4, 3], scale: 0.25)
        },
        GradientCase(name: "softmax", shapes: [[3, 11]]) { graph, x in
            try graph.softmax(x[0])
        },
        GradientCase(name: "softmax along axis 1", shapes: [[2, 3, 4]]) { graph, x in
            try graph.softmax(x[0], axis: 1)
        },
        GradientCase(name: "log_softmax", shapes: [[3, 11]]) { graph, x in
            try graph.logSoftmax(x[0])
        },
        GradientCase(name: "log_softmax along axis 0", shapes: [[3, 4]]) { graph, x in
            try graph.logSoftmax(x[0], axis: 0)
        },
        GradientCase(name: "logsumexp", shapes: [[3, 11]]) { graph, x in
            try graph.logSumExp(x[0], axes: [1])
        },
        GradientCase(name: "logsumexp of the first axis", shapes: [[3, 4]]) { graph, x in
            try graph.logSumExp(x[0], axes: [0], keepsDimensions: true)
        },
        GradientCase(name: "layer normalization", shapes: [[3, 11], [11], [11]]) { graph, x in
            try graph.layerNormalization(x[0], gamma: x[1], beta: x[2], epsilon: 1e-3)
        },
        GradientCase(name: "layer normalization of two axes", shapes: [[2, 3, 4], [3, 4]]) {
            graph, x in
            try graph.layerNormalization(x[0], beta: x[1], axisCount: 2, epsilon: 1e-3)
        },
        GradientCase(name: "layer normalization without weights", shapes: [[2, 6]]) { graph, x in
            try graph.layerNormalization(x[0], epsilon: 1e-3)
        },
        GradientCase(name: "channel normalization", shapes: [[5, 2, 7], [7], [7]]) { graph, x in
            try graph.channelNormalization(x[0], gamma: x[1], beta: x[2], epsilon: 1e-2).result
        },
        GradientCase(name: "channel normalization without weights", shapes: [[6, 19]]) { graph, x in
            try graph.channelNormalization(x[0], gamma: nil, beta: nil, epsilon: 1e-2).result
        },
    ]
