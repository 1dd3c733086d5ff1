import SwiftletGraph
import SwiftletTensor
import Testing

let structuralGradientCases: [GradientCase] = [
    GradientCase(name: "transpose", shapes: [[2, 3, 4]]) { graph, x in
        try graph.transpose(x[0], permutation: [2, 0, 1])
    },
    GradientCase(name: "slice", shapes: [[5, 6]]) { graph, x in
        try graph.slice(x[0], starts: [1, 0], limits: [4, 6], strides: [1, 2])
    },
    GradientCase(name: "slice backwards", shapes: [[5, 6]]) { graph, x in
        try graph.slice(x[0], starts: [4, 5], limits: [0, -1], strides: [-2, -3])
    },
    GradientCase(name: "slice gradient", shapes: [[3, 2]]) { graph, x in
        try graph.gradient(at: x[0], from: [5, 3]) { graph, zeros in
            try graph.slice(zeros, starts: [4, 1], limits: [-1, 3], strides: [-2, 1])
        }
    },
    GradientCase(name: "reverse", shapes: [[2, 3, 2]]) { graph, x in
        try graph.reverse(x[0], axes: [0, -1])
    },
    GradientCase(name: "concatenate", shapes: [[2, 1, 2], [2, 3, 2]]) { graph, x in
        try graph.concatenate([x[0], x[1], x[0]], axis: 1)
    },
    GradientCase(name: "stack", shapes: [[2, 3], [2, 3]]) { graph, x in
        try graph.stack(x, axis: 1)
    },
    GradientCase(name: "pad", shapes: [[2, 3]]) { graph, x in
        try graph.pad(x[0], before: [1, 0], after: [0, 2], mode: .constant(3))
    },
    GradientCase(name: "pad reflect", shapes: [[3, 4]]) { graph, x in
        try graph.pad(x[0], before: [2, 0], after: [1, 3], mode: .reflect)
    },
    GradientCase(name: "pad symmetric", shapes: [[3, 2]]) { graph, x in
        try graph.pad(x[0], before: [3, 1], after: [1, 0], mode: .symmetric)
    },
    GradientCase(name: "warp", shapes: [[2, 4, 5, 2]]) { graph, x in
        let maps: [Float] = [
            0.8, -0.6, 1.3, 0.6, 0.8, -1.1, 0, 0, 1.1, 0.2, 0.4, -0.1, 0.9, 0.3, 0.03, -0.02,
        ]
        let op = Warp(edge: .reflect, isBilinear: true)
        return try graph.apply(op, x[0], graph.constant(Tensor(maps, shape: [2, 8])))
    },
    GradientCase(name: "broadcast", shapes: [[3, 1, 2]]) { graph, x in
        try graph.broadcast(x[0], to: [2, 3, 4, 2])
    },
    GradientCase(name: "tile", shapes: [[2, 3]]) { graph, x in
        try graph.tile(x[0], repeats: [3, 2])
    },
    GradientCase(name: "repeat", shapes: [[2, 3]]) { graph, x in
        try graph.repeated(x[0], 3, axis: 0)
    },
    GradientCase(name: "gather", shapes: [[4, 70]]) { graph, x in
        try graph.gather(x[0], graph.constant(Tensor([2 as Int32, 0, 2, -1, 2])))
    },
    GradientCase(name: "gather along axis 1", shapes: [[2, 3, 2]]) { graph, x in
        let indices = try Tensor([2 as Int64, 0, 2, 2], shape: [2, 2])
        return try graph.gather(x[0], graph.constant(indices), axis: 1)
    },
    GradientCase(name: "gather gradient", shapes: [[3, 2]]) { graph, x in
        let indices = try graph.constant(Tensor([1 as Int32, 3, 1]))
        return try graph.gradient(at: x[0], from: [4, 2]) { try $0.gather($1, indices) }
    },
    GradientCase(name: "cast through float64", shapes: [[5]]) { graph, x in
        try graph.cast(graph.cast(x[0], to: .float64), to: .float32)
    },
    GradientCase(name: "cumulative sum", shapes: [[2, 4, 3]]) { graph, x in
        try graph.cumulativeSum(x[0], axis: 1)
    },
    GradientCase(name: "cumulative sum, exclusive and reversed", shapes: [[2, 5]]) { graph, x in
        try graph.cumulativeSum(x[0], axis: 1, isExclusive: true, isReversed: true)
    },
    GradientCase(name: "cumulative product", shapes: [[4, 2, 3]], range: 0.5...1.5) { graph, x in
        try graph.cumulativeProduct(x[0], axis: 0)
    },
    GradientCase(name: "cumulative product with zeros", shapes: [[2, 5]]) { graph, x in
        let ones = try graph.constant(Tensor([0 as Float, 1, 1, 0, 1], shape: [5]))
        return try graph.cumulativeProduct(
            graph.concatenate([x[0], graph.reshape(ones, to: [1, 5]), x[0]], axis: 0), axis: 0)
    },
    GradientCase(
        name: "cumulative product, exclusive and reversed", shapes: [[2, 5]], range: 0.5...1.5
    ) { graph, x in
        try graph.cumulativeProduct(x[0], axis: 1, isExclusive: true, isReversed: true)
    },
    GradientCase(name: "sort", shapes: [[4, 3]], step: 1e-3, tolerance: 2e-2) { graph, x in
        try graph.sort(x[0], axis: 0).values
    },
    GradientCase(name: "top 2", shapes: [[3, 5]], step: 1e-3, tolerance: 2e-2) { graph, x in
        try graph.topK(x[0], 2).values
    },
]

extension Graph {
    /// The derivative of what `build` makes of zeros, which is linear in its seed.
    fileprivate mutating func gradient(
        at seed: Value, from shape: Shape, _ build: (inout Graph, Value) throws -> Value
    ) throws -> Value {
        let zeros = try constant(Tensor(zeros: shape))
        let result = try build(&self, zeros)
        return try #require(gradients(of: result, withRespectTo: [zeros], seed: seed)[0])
    }
}
