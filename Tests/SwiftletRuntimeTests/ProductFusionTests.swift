import SwiftletGraph
import SwiftletRuntime
import SwiftletTensor
import Testing

/// A graph over one input and what the passes must make of it.
struct FusionCase: Sendable, CustomTestStringConvertible {
    let name: String
    let input: Shape
    /// Operations other than products that remain.
    var remaining = 0
    let build: @Sendable (inout Graph, Value) throws -> Value
    var testDescription: String { name }
}

private func constant(_ shape: Shape, _ graph: inout Graph) throws -> Value {
    let random = CounterRandom(seed: 3, stream: UInt64(shape.elementCount))
    let values = (0..<shape.elementCount).map { random.uniform(at: $0) - 0.5 }
    return try graph.constant(Tensor(values, shape: shape))
}

private func same(_ x: Value, _ kernel: Shape, _ graph: inout Graph, groups: Int = 1) throws
    -> Value
{
    try graph.convolution(
        x, constant(kernel, &graph), strides: [1, 1], dilation: [1, 1], padding: [(1, 1), (1, 1)],
        groups: groups)
}

/// As batch normalization lowers itself.
private func normalized(_ x: Value, _ graph: inout Graph) throws -> Value {
    let columns = graph.shape(of: x).last ?? 0
    let scaled = try graph.multiply(x, constant([columns], &graph))
    return try graph.add(scaled, constant([columns], &graph))
}

@Suite("Fusion into products")
struct ProductFusionTests {
    static let cases: [FusionCase] = [
        FusionCase(name: "dense", input: [3, 7]) { graph, x in
            let y = try graph.matmul(x, constant([7, 21], &graph))
            return try graph.unary(.tanh, graph.add(y, constant([21], &graph)))
        },
        FusionCase(name: "dense over a sequence", input: [2, 5, 7], remaining: 2) { graph, x in
            let rows = try graph.reshape(x, to: [10, 7])
            let y = try graph.matmul(rows, constant([7, 9], &graph))
            let biased = try graph.add(y, constant([9], &graph))
            return try graph.unary(.relu(), graph.reshape(biased, to: [2, 5, 9]))
        },
        FusionCase(name: "dense with a stored transpose, normalized", input: [3, 7]) { graph, x in
            let y = try graph.matmul(x, constant([9, 7], &graph), transposesB: true)
            return try normalized(y, &graph)
        },
        FusionCase(name: "convolution, bias, normalization, relu", input: [2, 5, 5, 3]) {
            graph, x in
            let y = try same(x, [3, 3, 3, 8], &graph)
            let biased = try graph.add(y, constant([8], &graph))
            return try graph.unary(.relu(), normalized(biased, &graph))
        },
        FusionCase(name: "residual block", input: [1, 6, 6, 4]) { graph, x in
            let y = try graph.unary(.relu(), normalized(same(x, [3, 3, 4, 4], &graph), &graph))
            let z = try normalized(same(y, [3, 3, 4, 4], &graph), &graph)
            return try graph.unary(.relu(), graph.add(z, x))
        },
        FusionCase(name: "residual block with a projection", input: [1, 6, 6, 4]) { graph, x in
            let short = try normalized(same(x, [3, 3, 4, 8], &graph), &graph)
            let y = try normalized(same(x, [3, 3, 4, 8], &graph), &graph)
            return try graph.unary(.relu6, graph.add(short, y))
        },
        FusionCase(name: "depthwise convolution, normalized", input: [1, 6, 6, 10]) { graph, x in
            try normalized(same(x, [3, 3, 1, 10], &graph, groups: 10), &graph)
        },
        FusionCase(name: "transposed convolution, normalized", input: [1, 3, 3, 4]) { graph, x in
            let y = try graph.transposedConvolution(
                x, constant([2, 2, 5, 4], &graph), to: [6, 6], strides: [2, 2], dilation: [1, 1],
                padding: [(0, 0), (0, 0)])
            return try graph.unary(.silu, normalized(y, &graph))
        },
        FusionCase(name: "a product read twice stays", input: [3, 7], remaining: 2) { graph, x in
            let y = try graph.matmul(x, constant([7, 7], &graph))
            return try graph.multiply(graph.unary(.sigmoid, y), y)
        },
        FusionCase(name: "a second activation stays", input: [3, 7], remaining: 1) { graph, x in
            let y = try graph.matmul(x, constant([7, 7], &graph))
            return try graph.unary(.tanh, graph.unary(.relu(), y))
        },
    ]

    @Test("leaves outputs as they are", arguments: cases)
    func keepsOutputs(_ test: FusionCase) throws {
        var graph = Graph()
        let x = try graph.placeholder("x", TensorType(test.input))
        let y = try test.build(&graph, x)
        let random = CounterRandom(seed: 1, stream: 1)
        let input = try Tensor(
            (0..<test.input.elementCount).map { random.uniform(at: $0) - 0.5 }, shape: test.input)
        let expected = try Program(graph, inputs: [x], outputs: [y]).run([input])[0].doubles()

        var optimizer = GraphOptimizer(
            graph: graph, inputs: [x], outputs: [y], cache: ConstantCache())
        try optimizer.run(Optimizations.standard.passes())
        let plain = optimizer.graph.nodes.filter {
            !($0.op is any ProductOp || $0.op is Constant || $0.op is Placeholder)
        }
        #expect(plain.count == test.remaining, "\(plain.map(\.op.name))")
        for node in optimizer.graph.nodes {
            if let product = node.op as? any ProductOp { #expect(product.packedShape != nil) }
        }
        let found = try Program(
            optimizer.graph, inputs: optimizer.inputs, outputs: optimizer.outputs
        ).run([input])[0].doubles()
        for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-5 * max(1, abs(b))) }
    }
}
