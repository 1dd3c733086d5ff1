import SwiftletGraph
import SwiftletTensor

/// The calls of `tools/op_cases/structural.py`.
let structuralReferenceCases =
    movingReferenceCases + repeatingReferenceCases + pickingReferenceCases + countingReferenceCases
    + castReferenceCases + orderReferenceCases

private let movingReferenceCases: [ReferenceCase] =
    ["bool", "float16", "int32", "float64"].map { dtype in
        ReferenceCase(name: "transpose \(dtype)") { try $0.transpose($1[0], permutation: [1, 0]) }
    } + [
        ReferenceCase(name: "transpose to channels first") {
            try $0.transpose($1[0], permutation: [0, 3, 1, 2])
        },
        ReferenceCase(name: "transpose to channels last") {
            try $0.transpose($1[0], permutation: [0, 2, 3, 1])
        },
        ReferenceCase(name: "transpose the middle") {
            try $0.transpose($1[0], permutation: [0, 2, 1, 3])
        },
        ReferenceCase(name: "transpose all around") {
            try $0.transpose($1[0], permutation: [3, 1, 0, 2])
        },
        ReferenceCase(name: "transpose extents of 1") {
            try $0.transpose($1[0], permutation: [2, 1, 0, 3])
        },
        ReferenceCase(name: "transpose nothing") { try $0.transpose($1[0], permutation: [1, 0]) },
        ReferenceCase(name: "transpose past a tile") {
            try $0.transpose($1[0], permutation: [1, 0])
        },
        ReferenceCase(name: "transpose past a tile, float32") {
            try $0.transpose($1[0], permutation: [1, 0])
        },
        ReferenceCase(name: "slice") {
            try $0.slice($1[0], starts: [1, 0, 2], limits: [3, 5, 6])
        },
        ReferenceCase(name: "slice with strides") {
            try $0.slice($1[0], starts: [0, 1, 0], limits: [4, 5, 6], strides: [3, 2, 5])
        },
        ReferenceCase(name: "slice backwards") {
            try $0.slice($1[0], starts: [3, 4, 4], limits: [0, -1, 1], strides: [-1, -1, -2])
        },
        ReferenceCase(name: "slice of nothing") {
            try $0.slice($1[0], starts: [0, 3, 0], limits: [4, 3, 6])
        },
        ReferenceCase(name: "slice of int64") {
            try $0.slice($1[0], starts: [5, 1], limits: [-1, 3], strides: [-2, 1])
        },
        ReferenceCase(name: "reverse") { try $0.reverse($1[0], axes: [1]) },
        ReferenceCase(name: "reverse two axes") { try $0.reverse($1[0], axes: [0, -1]) },
        ReferenceCase(name: "reverse bool") { try $0.reverse($1[0], axes: [0]) },
        ReferenceCase(name: "concatenate") { try $0.concatenate($1, axis: 1) },
        ReferenceCase(name: "concatenate channels of uint8") { try $0.concatenate($1, axis: -1) },
        ReferenceCase(name: "concatenate batches") { try $0.concatenate($1, axis: 0) },
        ReferenceCase(name: "stack") { try $0.stack($1, axis: 1) },
        ReferenceCase(name: "stack last") { try $0.stack($1, axis: -1) },
        ReferenceCase(name: "pad") { try $0.pad($1[0], before: [1, 0, 0], after: [2, 3, 0]) },
        ReferenceCase(name: "pad with a number") {
            try $0.pad($1[0], before: [1, 0, 0], after: [2, 3, 0], mode: .constant(-2.5))
        },
        ReferenceCase(name: "pad int32") {
            try $0.pad($1[0], before: [1, 1], after: [1, 1], mode: .constant(7))
        },
        ReferenceCase(name: "pad reflect") {
            try $0.pad($1[0], before: [1, 0, 0], after: [2, 3, 0], mode: .reflect)
        },
        ReferenceCase(name: "pad symmetric") {
            try $0.pad($1[0], before: [3, 0, 1], after: [2, 4, 0], mode: .symmetric)
        },
    ]

private let repeatingReferenceCases: [ReferenceCase] = [
    ReferenceCase(name: "broadcast") { try $0.broadcast($1[0], to: [2, 3, 5, 4]) },
    ReferenceCase(name: "broadcast a number of int64") { try $0.broadcast($1[0], to: [2, 3]) },
    ReferenceCase(name: "broadcast columns of bool") { try $0.broadcast($1[0], to: [3, 40]) },
    ReferenceCase(name: "broadcast to nothing") { try $0.broadcast($1[0], to: [0, 2]) },
    ReferenceCase(name: "tile") { try $0.tile($1[0], repeats: [2, 3, 2]) },
    ReferenceCase(name: "tile uint8") { try $0.tile($1[0], repeats: [1, 3]) },
    ReferenceCase(name: "tile to nothing") { try $0.tile($1[0], repeats: [0, 1]) },
    ReferenceCase(name: "repeat") { try $0.repeated($1[0], 3, axis: -1) },
    ReferenceCase(name: "repeat rows") { try $0.repeated($1[0], 2, axis: 0) },
]

private let pickingReferenceCases: [ReferenceCase] =
    [
        "by int32", "by int64", "by uint8", "by float32", "by fractions", "from the end",
        "past the end", "before the start", "one", "nothing",
    ].map { detail in
        ReferenceCase(name: "gather \(detail)") { try $0.gather($1[0], $1[1]) }
    } + [
        ReferenceCase(name: "gather along axis 1") { try $0.gather($1[0], $1[1], axis: 1) }
    ]
    + ["bool", "float16", "float64"].map { dtype in
        ReferenceCase(name: "gather \(dtype) along the last axis") {
            try $0.gather($1[0], $1[1], axis: -1)
        }
    }

private let countingReferenceCases: [ReferenceCase] =
    ["int32", "int64", "uint8", "float32", "numbers outside"].map { detail in
        ReferenceCase(name: "one hot of \(detail)") { try $0.oneHot($1[0], depth: 4) }
    } + [
        ReferenceCase(name: "one hot of fractions") { try $0.oneHot($1[0], depth: 3) },
        ReferenceCase(name: "one hot of one") { try $0.oneHot($1[0], depth: 2) },
    ]
    + (0..<3).map { axis in
        ReferenceCase(name: "cumulative sum along axis \(axis)") {
            try $0.cumulativeSum($1[0], axis: axis)
        }
    } + [
        ReferenceCase(name: "cumulative sum, exclusive") {
            try $0.cumulativeSum($1[0], axis: 1, isExclusive: true)
        },
        ReferenceCase(name: "cumulative sum, reversed") {
            try $0.cumulativeSum($1[0], axis: 1, isReversed: true)
        },
        ReferenceCase(name: "cumulative sum, exclusive and reversed") {
            try $0.cumulativeSum($1[0], axis: -1, isExclusive: true, isReversed: true)
        },
        ReferenceCase(name: "cumulative sum of int32") { try $0.cumulativeSum($1[0], axis: 0) },
        ReferenceCase(name: "cumulative sum past a part") { try $0.cumulativeSum($1[0], axis: 1) },
        ReferenceCase(name: "cumulative product") { try $0.cumulativeProduct($1[0], axis: 1) },
        ReferenceCase(name: "cumulative product, exclusive") {
            try $0.cumulativeProduct($1[0], axis: 1, isExclusive: true)
        },
        ReferenceCase(name: "cumulative product, reversed") {
            try $0.cumulativeProduct($1[0], axis: 0, isReversed: true)
        },
    ]

private let castReferenceCases: [ReferenceCase] =
    DType.allCases.filter { $0 != .bfloat16 && $0 != .string }.flatMap { dtype in
        [
            ReferenceCase(name: "cast \(dtype) to float32") { try $0.cast($1[0], to: .float32) },
            ReferenceCase(name: "cast float32 to \(dtype)") { try $0.cast($1[0], to: dtype) },
        ].prefix(dtype == .float32 ? 1 : 2)
    }
    + [DType.int8, .uint8, .int16, .uint32, .int64, .float32, .bool].compactMap { dtype in
        ReferenceCase(name: "cast int32 to \(dtype)") { try $0.cast($1[0], to: dtype) }
    } + [
        ReferenceCase(name: "cast int64 to uint64") { try $0.cast($1[0], to: .uint64) },
        ReferenceCase(name: "cast float64 to float16") { try $0.cast($1[0], to: .float16) },
    ]

private let orderReferenceCases: [ReferenceCase] =
    (0..<3).flatMap { axis in
        [
            ReferenceCase(name: "sort along axis \(axis)") {
                try $0.sort($1[0], axis: axis).values
            },
            ReferenceCase(name: "sorting order along axis \(axis)") {
                try $0.sort($1[0], axis: axis).indices
            },
        ]
    } + [
        ReferenceCase(name: "sort, descending") {
            try $0.sort($1[0], isDescending: true).values
        },
        ReferenceCase(name: "sorting order, descending") {
            try $0.sort($1[0], isDescending: true).indices
        },
        ReferenceCase(name: "sort int32") { try $0.sort($1[0]).values },
        ReferenceCase(name: "sorting order of extremes") { try $0.sort($1[0]).indices },
        ReferenceCase(name: "top 3") { try $0.topK($1[0], 3).values },
        ReferenceCase(name: "places of the top 17") { try $0.topK($1[0], 17).indices },
    ]
