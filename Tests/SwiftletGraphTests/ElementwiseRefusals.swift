import SwiftletGraph
import SwiftletTensor

let elementwiseRefusals: [RefusalCase] = [
    RefusalCase("exp: float32 expected, int32 found", TensorType([2], .int32)) {
        try $0.exp($1[0])
    },
    RefusalCase(
        "add: float32 and int32 cannot be combined", TensorType([2]), TensorType([2], .int32)
    ) { try $0.add($1[0], $1[1]) },
    RefusalCase(
        "add: bool and bool cannot be combined", TensorType([2], .bool), TensorType([2], .bool)
    ) { try $0.add($1[0], $1[1]) },
    RefusalCase(
        "divide: float32 expected, int64 found", TensorType([2], .int64), TensorType([2], .int64)
    ) { try $0.divide($1[0], $1[1]) },
    RefusalCase(
        "multiply: shapes [2, 3] and [2] do not broadcast", TensorType([2, 3]), TensorType([2])
    ) { try $0.multiply($1[0], $1[1]) },
    RefusalCase(
        "add: [2, 3, 2, 3, 2, 3, 2, 3, 2, 3] has more than 8 axes",
        TensorType([2, 1, 2, 1, 2, 1, 2, 1, 2, 1]), TensorType([1, 3, 1, 3, 1, 3, 1, 3, 1, 3])
    ) { try $0.add($1[0], $1[1]) },
    RefusalCase(
        "less: string and string cannot be compared", TensorType([2], .string),
        TensorType([2], .string)
    ) { try $0.compare(.less, $1[0], $1[1]) },
    RefusalCase(
        "logical_and: bool expected, float32 and bool found", TensorType([2]),
        TensorType([2], .bool)
    ) { try $0.logicalAnd($1[0], $1[1]) },
    RefusalCase("isnan: float32 expected, int32 found", TensorType([2], .int32)) {
        try $0.classify(.isNaN, $1[0])
    },
    RefusalCase(
        "select: bool condition expected, float32 found", TensorType([2]), TensorType([2]),
        TensorType([2])
    ) { try $0.select($1[0], $1[1], $1[2]) },
    RefusalCase(
        "select: float32 and int32 cannot be mixed", TensorType([2], .bool), TensorType([2]),
        TensorType([2], .int32)
    ) { try $0.select($1[0], $1[1], $1[2]) },
    RefusalCase("sum: axis 2 is not one of [2, 3]", TensorType([2, 3])) {
        try $0.sum($1[0], axes: [2])
    },
    RefusalCase("sum: axes [1, 1] are not those of [2, 3]", TensorType([2, 3])) {
        try $0.sum($1[0], axes: [1, -1])
    },
    RefusalCase("mean: int32 cannot be reduced so", TensorType([2], .int32)) {
        try $0.mean($1[0], axes: [0])
    },
    RefusalCase("max: nothing to reduce in [2, 0]", TensorType([2, 0])) {
        try $0.max($1[0], axes: [1])
    },
    RefusalCase("argmax: 0 elements along axis 1 of [2, 0]", TensorType([2, 0])) {
        try $0.argmax($1[0])
    },
    RefusalCase(
        "argmin: numbers with axis 3 expected, float32[2, 3] found", TensorType([2, 3])
    ) { try $0.argmin($1[0], axis: 3) },
    RefusalCase("softmax: axis 2 is not one of [2, 3]", TensorType([2, 3])) {
        try $0.softmax($1[0], axis: 2)
    },
    RefusalCase("log_softmax: axis -1 is not one of []", TensorType([])) {
        try $0.logSoftmax($1[0])
    },
    RefusalCase("logsumexp: axes [5] are not those of [2]", TensorType([2])) {
        try $0.logSumExp($1[0], axes: [5])
    },
    RefusalCase(
        "layer_normalization: weights of [3] expected, [2] found", TensorType([2, 3]),
        TensorType([2])
    ) { try $0.layerNormalization($1[0], gamma: $1[1], epsilon: 1e-3) },
    RefusalCase(
        "layer_normalization: float32 of rank 3 or more expected, float32[2, 3] found",
        TensorType([2, 3])
    ) { try $0.layerNormalization($1[0], axisCount: 3, epsilon: 1e-3) },
    RefusalCase("max_pool: windows of [4] do not fit [1, 3, 2]", TensorType([1, 3, 2])) {
        try $0.maxPool($1[0], size: [4], strides: [1], padding: [(0, 0)])
    },
    RefusalCase(
        "average_pool: padding [2] and [0] around windows of [2]", TensorType([1, 3, 2])
    ) { try $0.averagePool($1[0], size: [2], strides: [1], padding: [(2, 0)]) },
    RefusalCase("max_pool: windows of [2], strides of [0]", TensorType([1, 3, 2])) {
        try $0.maxPool($1[0], size: [2], strides: [0], padding: [(0, 0)])
    },
    RefusalCase(
        "max_pool: float32 with 2 spatial axes expected, float32[1, 3, 2] found",
        TensorType([1, 3, 2])
    ) { try $0.maxPool($1[0], size: [2, 2], strides: [1, 1], padding: [(0, 0), (0, 0)]) },
    RefusalCase(
        "resize_nearest: [1, 3, 2] cannot get 0 elements along axis 1", TensorType([1, 3, 2])
    ) { try $0.resize($1[0], to: [0], .nearest) },
    RefusalCase("resize: 2 spatial axes expected, [1, 3, 2] found", TensorType([1, 3, 2])) {
        try $0.resize($1[0], to: [4, 4], .bilinear)
    },
]
