import SwiftletGraph

/// Rows of `tools/op_cases/products.py`. Whole numbers: not a bit may differ.
let productReferenceCases: [ReferenceCase] = [
    ReferenceCase(name: "matmul") { try $0.matmul($1[0], $1[1]) },
    ReferenceCase(name: "matmul transposed") {
        try $0.matmul($1[0], $1[1], transposesA: true, transposesB: true)
    },
    ReferenceCase(name: "matmul of batches") { try $0.matmul($1[0], $1[1]) },
    ReferenceCase(name: "matmul of repeated batches") { try $0.matmul($1[0], $1[1]) },
    ReferenceCase(name: "matmul with one matrix") { try $0.matmul($1[0], $1[1]) },
    ReferenceCase(name: "matmul over nothing") { try $0.matmul($1[0], $1[1]) },
    ReferenceCase(name: "conv1d causal") {
        try $0.convolution($1[0], $1[1], strides: [1], dilation: [2], padding: [(4, 0)])
    },
    ReferenceCase(name: "conv2d same, stride 2") {
        try $0.convolution(
            $1[0], $1[1], strides: [2, 2], dilation: [1, 1], padding: [(1, 1), (0, 1)])
    },
    ReferenceCase(name: "conv2d dilated") {
        try $0.convolution(
            $1[0], $1[1], strides: [1, 1], dilation: [2, 3], padding: [(0, 0), (0, 0)])
    },
    ReferenceCase(name: "conv2d in groups") {
        try $0.convolution(
            $1[0], $1[1], strides: [1, 1], dilation: [1, 1], padding: [(0, 0), (0, 0)], groups: 3)
    },
    ReferenceCase(name: "conv3d") {
        try $0.convolution(
            $1[0], $1[1], strides: [1, 2, 2], dilation: [1, 1, 1],
            padding: [(0, 0), (0, 0), (0, 0)])
    },
    ReferenceCase(name: "depthwise conv2d") {
        try $0.depthwiseConvolution(
            $1[0], $1[1], strides: [2, 2], dilation: [1, 1], padding: [(1, 1), (0, 1)])
    },
    ReferenceCase(name: "transposed conv2d") {
        try $0.transposedConvolution(
            $1[0], $1[1], to: [7, 6], strides: [2, 2], dilation: [1, 1],
            padding: [(1, 1), (0, 1)])
    },
    ReferenceCase(name: "transposed conv2d, kernel under stride") {
        try $0.transposedConvolution(
            $1[0], $1[1], to: [9, 9], strides: [3, 3], dilation: [1, 1],
            padding: [(0, 0), (0, 0)])
    },
    ReferenceCase(name: "conv2d kernel gradient") {
        let geometry = ConvolutionGeometry(
            strides: [2, 2], dilation: [1, 1], padding: [(1, 1), (0, 1)])
        return try $0.apply(ConvolutionKernelGradient(geometry, kernel: [3, 3]), $1[0], $1[1])
    },
]
