import SwiftletGraph
import SwiftletTensor
import Testing

private let shapes: [(String, axes: [Int])] = [
    ("(5,) over (0,)", [0]), ("(3, 40) over (0,)", [0]), ("(3, 40) over (1,)", [1]),
    ("(2, 3, 4) over (0, 1, 2)", [0, 1, 2]), ("(2, 3, 4) over (1,)", [-2]),
    ("(2, 3, 5) over (0, 2)", [2, 0]), ("(2, 3, 2, 5) over (0, 2)", [0, 2]),
    ("(1, 6, 1) over (1,)", [1]), ("(37, 2, 33) over (0, 1)", [0, 1]),
]

private func reduction(
    _ name: String, _ function: Reduce.Function, _ axes: [Int], keeps: Bool = false
) -> ReferenceCase {
    ReferenceCase(name: name, tolerance: 3e-7) { graph, x in
        try graph.reduce(function, x[0], axes: axes, keepsDimensions: keeps)
    }
}

private let reductions = [Reduce.Function.sum, .mean, .product, .maximum, .minimum].flatMap {
    function in
    let name = function.rawValue
    let known = function == .product ? shapes.dropLast() : shapes[...]
    return known.flatMap { title, axes in
        [
            reduction("\(name) of \(title)", function, axes),
            reduction("\(name) of \(title), kept", function, axes, keeps: true),
        ]
    }
        + (function == .mean ? [] : ["int32", "int64"]).map {
            reduction("\(name) of \($0)", function, [1])
        }
}

private let positions = [ArgReduce.Function.argmax, .argmin].flatMap { function in
    func row(_ name: String, axis: Int, keeps: Bool = false) -> ReferenceCase {
        ReferenceCase(name: "\(function.rawValue) \(name)") { graph, x in
            switch function {
            case .argmax: try graph.argmax(x[0], axis: axis, keepsDimensions: keeps)
            case .argmin: try graph.argmin(x[0], axis: axis, keepsDimensions: keeps)
            }
        }
    }
    return [
        row("over 0", axis: 0), row("over 1", axis: 1), row("over 2", axis: 2),
        row("of int64, kept", axis: -1, keeps: true), row("with nan", axis: -1),
    ]
}

private let derivatives: [ReferenceCase] = [0, 1].flatMap { axis in
    func row(
        _ name: String, _ build: @escaping @Sendable (inout Graph, Value) throws -> Value
    ) -> ReferenceCase {
        ReferenceCase(name: "derivative of \(name) over \(axis)", tolerance: 1e-6) { graph, x in
            let y = try build(&graph, x[0])
            let gradients = try graph.gradients(of: y, withRespectTo: [x[0]], seed: x[1])
            let shape = graph.shape(of: x[0])
            return try graph.reshape(#require(gradients[0]), to: [shape.elementCount])
        }
    }
    return [
        row("max") { try $0.max($1, axes: [axis]) }, row("min") { try $0.min($1, axes: [axis]) },
        row("prod") { try $0.prod($1, axes: [axis]) },
        row("mean") { try $0.mean($1, axes: [axis]) },
        row("logsumexp") { try $0.logSumExp($1, axes: [axis]) },
    ]
}

let reductionReferenceCases =
    derivatives + reductions + positions + [
        reduction("any over 0", .any, [0]), reduction("any over 1", .any, [1]),
        reduction("all over 0", .all, [0]), reduction("all over 1", .all, [1]),
        reduction("max with nan", .maximum, [1]), reduction("min with nan", .minimum, [1]),
        reduction("sum with nan", .sum, [1]), reduction("sum of nothing", .sum, [0]),
        ReferenceCase(name: "softmax", tolerance: 3e-7) { graph, x in try graph.softmax(x[0]) },
        ReferenceCase(name: "softmax of far numbers", tolerance: 3e-7) { graph, x in
            try graph.softmax(x[0])
        },
        ReferenceCase(name: "softmax over 1", tolerance: 3e-7) { graph, x in
            try graph.softmax(x[0], axis: 1)
        },
        ReferenceCase(name: "log_softmax", tolerance: 3e-7) { graph, x in
            try graph.logSoftmax(x[0])
        },
        ReferenceCase(name: "log_softmax of far numbers", tolerance: 3e-7) { graph, x in
            try graph.logSoftmax(x[0])
        },
        ReferenceCase(name: "log_softmax over 1", tolerance: 3e-7) { graph, x in
            try graph.logSoftmax(x[0], axis: 1)
        },
        ReferenceCase(name: "logsumexp", tolerance: 3e-7) { graph, x in
            try graph.logSumExp(x[0], axes: [-1])
        },
        ReferenceCase(name: "logsumexp of far numbers", tolerance: 3e-7) { graph, x in
            try graph.logSumExp(x[0], axes: [1])
        },
        ReferenceCase(name: "logsumexp over 0 and 2, kept", tolerance: 3e-7) { graph, x in
            try graph.logSumExp(x[0], axes: [2, 0], keepsDimensions: true)
        },
        ReferenceCase(name: "layer normalization", tolerance: 1e-6) { graph, x in
            try graph.layerNormalization(x[0], gamma: x[1], beta: x[2], epsilon: 1e-3)
        },
        ReferenceCase(name: "layer normalization of two axes", tolerance: 1e-6) { graph, x in
            try graph.layerNormalization(
                x[0], gamma: x[1], beta: x[2], axisCount: 2, epsilon: 1e-3)
        },
        ReferenceCase(name: "layer normalization far from zero", tolerance: 1e-3) { graph, x in
            try graph.layerNormalization(x[0], epsilon: 1e-3)
        },
        ReferenceCase(name: "layer normalization, scaled", tolerance: 1e-6) { graph, x in
            try graph.layerNormalization(x[0], gamma: x[1], epsilon: 1e-3)
        },
    ]
