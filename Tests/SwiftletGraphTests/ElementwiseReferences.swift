import SwiftletGraph
import SwiftletTensor
import Testing

private let unaryFunctions: [(String, UnaryFunction)] = [
    ("negate", .negate), ("abs", .abs), ("sign", .sign), ("square", .square),
    ("sqrt", .squareRoot), ("rsqrt", .reciprocalSquareRoot), ("reciprocal", .reciprocal),
    ("exp", .exp), ("expm1", .expm1), ("log", .log), ("log1p", .log1p), ("sin", .sin),
    ("cos", .cos), ("tan", .tan), ("asin", .asin), ("acos", .acos), ("atan", .atan),
    ("sinh", .sinh), ("cosh", .cosh), ("tanh", .tanh), ("asinh", .asinh), ("acosh", .acosh),
    ("atanh", .atanh), ("erf", .erf), ("floor", .floor), ("ceil", .ceil), ("round", .round),
    ("sigmoid", .sigmoid), ("log_sigmoid", .logSigmoid), ("softplus", .softplus),
    ("softsign", .softsign), ("relu", .relu()), ("relu, slope 0.3", .relu(slope: 0.3)),
    ("relu, up to 2", .relu(maximum: 2)), ("relu above 0.5", .relu(threshold: 0.5)),
    (
        "relu, slope 0.3, up to 2, above 0.5",
        .relu(slope: 0.3, maximum: 2, threshold: 0.5)
    ),
    ("relu6", .relu6), ("leaky_relu", .leakyReLU(slope: 0.2)), ("elu", .elu(alpha: 1)),
    ("elu, alpha 0.7", .elu(alpha: 0.7)), ("selu", .selu),
    ("celu, alpha 0.7", .celu(alpha: 0.7)), ("gelu", .gelu), ("gelu by tanh", .geluTanh),
    ("silu", .silu), ("mish", .mish), ("hard_sigmoid", .hardSigmoid),
    ("hard_sigmoid of slope 0.2", .hardSigmoidFifth), ("hard_silu", .hardSiLU),
    ("hard_tanh", .hardTanh), ("hard_shrink", .hardShrink(threshold: 0.5)),
    ("soft_shrink", .softShrink(threshold: 0.5)), ("tanh_shrink", .tanhShrink),
    ("threshold", .threshold(0.7, value: -2)), ("squareplus", .squareplus(b: 4)),
    ("squareplus, b 2", .squareplus(b: 2)), ("sparse_sigmoid", .sparseSigmoid),
    ("sparse_plus", .sparsePlus), ("clip", .clip(lowest: -0.7, highest: 1.5)),
]

private let unaryReferences = unaryFunctions.map { name, function in
    ReferenceCase(name: name, tolerance: 5e-7) { graph, x in try graph.unary(function, x[0]) }
}

private let broadcasts = [
    "(3, 9) and (3, 9)", "(3, 9) and (9,)", "(2, 1, 3) and (4, 1)", "() and (7,)",
]

private let binaryReferences = BinaryFunction.allCases.flatMap { function in
    var names = broadcasts.map { "\(function.rawValue) of \($0)" }
    if ![.divide, .power, .atan2].contains(function) {
        names += ["int32", "int64"].map { "\(function.rawValue) of \($0)" }
    }
    if [.maximum, .minimum].contains(function) { names.append("\(function.rawValue) with nan") }
    if [.add, .multiply].contains(function) {
        names.append("\(function.rawValue) past the end of int32")
    }
    return names.map { name in
        ReferenceCase(name: name, tolerance: 3e-7) { graph, x in
            try graph.apply(Binary(function), x[0], x[1])
        }
    }
}

private let comparisonNames: [(String, Comparison)] = [
    ("equal", .equal), ("not_equal", .notEqual), ("less", .less), ("less_equal", .lessOrEqual),
    ("greater", .greater), ("greater_equal", .greaterOrEqual),
]

private let compareReferences = comparisonNames.flatMap { name, comparison in
    let names =
        (broadcasts + ["int64", "bool"]).map { "\(name) of \($0)" } + ["\(name) with nan"]
    return names.map { name in
        ReferenceCase(name: name) { graph, x in try graph.compare(comparison, x[0], x[1]) }
    }
}

private let logicalReferences = [
    ReferenceCase(name: "logical_and") { graph, x in try graph.logicalAnd(x[0], x[1]) },
    ReferenceCase(name: "logical_or") { graph, x in try graph.logicalOr(x[0], x[1]) },
    ReferenceCase(name: "logical_xor") { graph, x in try graph.logicalXor(x[0], x[1]) },
    ReferenceCase(name: "logical_not") { graph, x in try graph.logicalNot(x[0]) },
]

private let classifyReferences = Classify.Kind.allCases.map { kind in
    ReferenceCase(name: kind.rawValue) { graph, x in try graph.classify(kind, x[0]) }
}

private let selectReferences = ["float32", "int64", "bool", "rows", "numbers"].map {
    ReferenceCase(name: "select \($0)") { graph, x in try graph.select(x[0], x[1], x[2]) }
}

/// The derivatives at the corners of functions, where several answers are right but one is Keras's.
private let unaryDerivatives =
    unaryFunctions.filter { name, _ in
        let start = unaryFunctions.firstIndex { $0.0 == "sigmoid" } ?? 0
        let keras = unaryFunctions[start...].map(\.0)
        return (keras + ["abs", "sign", "square", "floor", "round"]).contains(name)
    }.map { derivative(of: $0.0, unary: $0.1) } + [
        derivative(of: "relu, up to 6", unary: .relu(maximum: 6))
    ]

private func derivative(of name: String, unary function: UnaryFunction) -> ReferenceCase {
    ReferenceCase(name: "derivative of \(name)", tolerance: 4e-6) { graph, x in
        let y = try graph.unary(function, x[0])
        let gradient = try graph.gradients(of: y, withRespectTo: [x[0]], seed: x[1])[0]
        // Where it is known to be zero there is none.
        return try gradient ?? graph.constant(Tensor(zeros: graph.shape(of: x[0])))
    }
}

private let binaryDerivatives = [
    BinaryFunction.maximum, .minimum, .multiply, .squaredDifference, .power,
].map { function in
    ReferenceCase(name: "derivative of \(function.rawValue)", tolerance: 1e-6) { graph, x in
        let y = try graph.apply(Binary(function), x[0], x[1])
        let gradients = try graph.gradients(
            of: y, withRespectTo: [x[0], x[1]], seed: x[2])
        return try graph.concatenate(gradients.map { try #require($0) }, axis: 0)
    }
}

private let float8References = Float8Format.allCases.map { format in
    ReferenceCase(name: format.rawValue, tolerance: 0) { graph, x in
        let scale = try graph.constant(1)
        let history = try graph.constant(Tensor(zeros: [2]))
        return try graph.apply(Float8Rounding(format, learns: false), x[0], scale, history)
    }
}

let elementwiseReferenceCases =
    float8References + unaryDerivatives + binaryDerivatives + unaryReferences + binaryReferences
    + compareReferences
    + logicalReferences
    + classifyReferences + selectReferences
