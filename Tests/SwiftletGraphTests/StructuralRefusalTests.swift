import SwiftletGraph
import SwiftletTensor
import Testing

/// Operands that a shape rule must refuse, and what it says.
struct RefusalCase: Sendable, CustomTestStringConvertible {
    let cause: String
    let types: [TensorType]
    let build: @Sendable (inout Graph, [Value]) throws -> Value

    init(
        _ cause: String, _ types: TensorType...,
        build: @escaping @Sendable (inout Graph, [Value]) throws -> Value
    ) {
        self.cause = cause
        self.types = types
        self.build = build
    }

    var testDescription: String { cause }
}

@Suite struct RefusalTests {
    static let cases = structuralRefusals + elementwiseRefusals

    @Test(arguments: cases) func saysWhy(_ row: RefusalCase) throws {
        var graph = Graph()
        let inputs = try row.types.enumerated().map { try graph.placeholder("x\($0)", $1) }
        let error = #expect(throws: GraphError.self) { _ = try row.build(&graph, inputs) }
        #expect(error.map { "\($0)" } == row.cause)
    }
}

private let structuralRefusals: [RefusalCase] = [
    RefusalCase("transpose: [0, 0] is no order of the axes of [2, 3]", TensorType([2, 3])) {
        try $0.transpose($1[0], permutation: [0, 0])
    },
    RefusalCase("transpose: numbers expected, strings found", TensorType([2, 3], .string)) {
        try $0.transpose($1[0], permutation: [1, 0])
    },
    RefusalCase("slice: 0..<4 exceeds axis 1 of [2, 3]", TensorType([2, 3])) {
        try $0.slice($1[0], starts: [0, 0], limits: [2, 4])
    },
    RefusalCase("slice: 3 down to -1 exceeds axis 1 of [2, 3]", TensorType([2, 3])) {
        try $0.slice($1[0], starts: [0, 3], limits: [2, -1], strides: [1, -1])
    },
    RefusalCase("slice: 1 bounds for shape [2, 3]", TensorType([2, 3])) {
        try $0.slice($1[0], starts: [0], limits: [1])
    },
    RefusalCase("slice: stride 0", TensorType([2])) {
        try $0.slice($1[0], starts: [0], limits: [1], strides: [0])
    },
    RefusalCase("reverse: axis 2 is outside shape [2, 3]", TensorType([2, 3])) {
        try $0.reverse($1[0], axes: [2])
    },
    RefusalCase("reverse: axes [1, -1] repeat", TensorType([2, 3])) {
        try $0.reverse($1[0], axes: [1, -1])
    },
    RefusalCase("concatenate: no operands") { graph, _ in try graph.concatenate([], axis: 0) },
    RefusalCase(
        "concatenate: float32[2, 3] and float32[2, 4] cannot be joined along axis 0",
        TensorType([2, 3]), TensorType([2, 4])
    ) { try $0.concatenate($1, axis: 0) },
    RefusalCase(
        "concatenate: float32[2] and int32[2] cannot be joined along axis 0", TensorType([2]),
        TensorType([2], .int32)
    ) { try $0.concatenate($1, axis: -1) },
    RefusalCase("pad: negative margin (0, -1)", TensorType([2])) {
        try $0.pad($1[0], before: [0], after: [-1])
    },
    RefusalCase("pad: (3, 0) exceeds the 2 elements to mirror", TensorType([3])) {
        try $0.pad($1[0], before: [3], after: [0], mode: .reflect)
    },
    RefusalCase(
        "gather: indices of bool", TensorType([4, 2]), TensorType([3], .bool)
    ) { try $0.gather($1[0], $1[1]) },
    RefusalCase(
        "gather: axis 2 is outside shape [4, 2]", TensorType([4, 2]), TensorType([3], .int32)
    ) { try $0.gather($1[0], $1[1], axis: 2) },
    RefusalCase("one_hot: depth 0", TensorType([2], .int32)) { try $0.oneHot($1[0], depth: 0) },
    RefusalCase("cast: float32 cannot become string", TensorType([2])) {
        try $0.cast($1[0], to: .string)
    },
    RefusalCase("cumulative_sum: axis 1 is outside shape [3]", TensorType([3])) {
        try $0.cumulativeSum($1[0], axis: 1)
    },
    RefusalCase("cumulative_product: float32 or int32 expected, bool found", TensorType([3], .bool))
    { try $0.cumulativeProduct($1[0], axis: 0) },
    RefusalCase(
        "random_uniform: a step counter of int64[] expected, float32[1] found", TensorType([1])
    ) { try $0.randomUniform([2], seed: 0, stream: "", counter: $1[0]) },
    RefusalCase("broadcast: [2, 3] cannot become [2, 4]", TensorType([2, 3])) {
        try $0.broadcast($1[0], to: [2, 4])
    },
    RefusalCase("broadcast: [2, 3] cannot become [3]", TensorType([2, 3])) {
        try $0.broadcast($1[0], to: [3])
    },
    RefusalCase("tile: [2, 3] cannot be repeated [2] times", TensorType([2, 3])) {
        try $0.tile($1[0], repeats: [2])
    },
    RefusalCase("repeat: [2, 3] repeated -1 times", TensorType([2, 3])) {
        try $0.repeated($1[0], -1, axis: 1)
    },
    RefusalCase("top_k: 4 of 3", TensorType([2, 3])) { try $0.topK($1[0], 4).values },
    RefusalCase("sort: axis 2 is outside shape [2, 3]", TensorType([2, 3])) {
        try $0.sort($1[0], axis: 2).values
    },
    RefusalCase("sort: float32 or int32 expected, bool found", TensorType([3], .bool)) {
        try $0.sort($1[0]).values
    },
]
