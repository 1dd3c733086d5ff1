import SwiftletGraph
import SwiftletTensor

let structuralThreadCases: [ThreadCase] = movingCases + orderCases + productCases

private let movingCases: [ThreadCase] = [
    ThreadCase(name: "transpose", shapes: [[210, 230]]) {
        try $0.transpose($1[0], permutation: [1, 0])
    },
    ThreadCase(name: "transpose to channels first", shapes: [[2, 50, 60, 9]]) {
        try $0.transpose($1[0], permutation: [0, 3, 1, 2])
    },
    ThreadCase(name: "slice", shapes: [[210, 230]]) {
        try $0.slice($1[0], starts: [209, 1], limits: [0, 229], strides: [-1, 1])
    },
    ThreadCase(name: "reverse", shapes: [[60_000]]) { try $0.reverse($1[0], axes: [0]) },
    ThreadCase(name: "concatenate", shapes: [[200, 40], [200, 90]]) {
        try $0.concatenate($1, axis: 1)
    },
    ThreadCase(name: "pad", shapes: [[150, 150]]) {
        try $0.pad($1[0], before: [3, 2], after: [0, 9])
    },
    ThreadCase(name: "pad reflect", shapes: [[90, 40, 3]]) {
        try $0.pad($1[0], before: [3, 2, 0], after: [0, 9, 0], mode: .reflect)
    },
    ThreadCase(name: "broadcast", shapes: [[150, 1]]) {
        try $0.broadcast($1[0], to: [3, 150, 90])
    },
    ThreadCase(name: "tile", shapes: [[70, 40]]) { try $0.tile($1[0], repeats: [3, 4]) },
    ThreadCase(name: "gather", shapes: [[50, 200]]) {
        try $0.gather($1[0], $0.constant(Tensor((0..<300).map { Int32($0 * $0 % 50) })))
    },
    ThreadCase(name: "gather along the last axis", shapes: [[50, 200]]) {
        try $0.gather($1[0], $0.constant(Tensor((0..<900).map { Int32($0 * $0 % 200) })), axis: 1)
    },
    ThreadCase(name: "one hot", shapes: [[2000]]) {
        try $0.oneHot($0.cast($1[0], to: .int32), depth: 40)
    },
]

private let orderCases: [ThreadCase] = [
    ThreadCase(name: "cumulative sum", shapes: [[90, 300]]) {
        try $0.cumulativeSum($1[0], axis: 1)
    },
    ThreadCase(name: "cumulative product", shapes: [[4, 9, 1500]]) {
        try $0.cumulativeProduct($1[0], axis: 1)
    },
    ThreadCase(name: "sort", shapes: [[90, 300]]) { try $0.sort($1[0]).values },
    ThreadCase(name: "top_k", shapes: [[90, 300]]) { try $0.topK($1[0], 5).values },
]

private let productCases: [ThreadCase] = [
    ThreadCase(name: "matmul", shapes: [[130, 60], [60, 70]]) { try $0.matmul($1[0], $1[1]) },
    ThreadCase(name: "matmul, batched", shapes: [[6, 40, 30], [6, 30, 50]]) {
        try $0.matmul($1[0], $1[1])
    },
    ThreadCase(name: "convolution", shapes: [[2, 20, 20, 8], [3, 3, 8, 12]]) {
        try $0.convolution(
            $1[0], $1[1], strides: [1, 1], dilation: [1, 1], padding: [(1, 1), (1, 1)])
    },
    ThreadCase(name: "convolution, depthwise", shapes: [[2, 24, 24, 32], [3, 3, 32, 1]]) {
        try $0.depthwiseConvolution(
            $1[0], $1[1], strides: [1, 1], dilation: [1, 1], padding: [(1, 1), (1, 1)])
    },
    ThreadCase(name: "convolution, transposed", shapes: [[2, 10, 10, 12], [3, 3, 8, 12]]) {
        try $0.transposedConvolution(
            $1[0], $1[1], to: [20, 20], strides: [2, 2], dilation: [1, 1],
            padding: [(1, 0), (1, 0)])
    },
]
