import SwiftletGraph
import SwiftletTensor
import Testing

/// An operation on operands so large that several threads share it.
struct ThreadCase: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [Shape]
    let build: @Sendable (inout Graph, [Value]) throws -> Value

    var testDescription: String { name }
}

private let reductionShapes: [(shape: Shape, axes: [Int])] = [
    ([200_001], [0]), ([300, 700], [0]), ([300, 700], [1]), ([9, 30_000], [0]),
    ([40, 50, 60], [0, 2]), ([40, 50, 60], [1]), ([3, 40, 41, 17], [0, 1, 2]),
]

private let elementwiseThreadCases: [ThreadCase] =
    reductionShapes.map { row in
        ThreadCase(name: "mean of \(row.shape) over \(row.axes)", shapes: [row.shape]) {
            try $0.mean($1[0], axes: row.axes)
        }
    } + [
        ThreadCase(name: "gelu", shapes: [[70_003]]) { try $0.unary(.gelu, $1[0]) },
        ThreadCase(name: "multiply by a row", shapes: [[701, 203], [203]]) {
            try $0.multiply($1[0], $1[1])
        },
        ThreadCase(name: "divide by a column", shapes: [[701, 203], [701, 1]]) {
            try $0.divide($1[0], $1[1])
        },
        ThreadCase(name: "select", shapes: [[701, 203], [203]]) { graph, x in
            try graph.select(graph.compare(.less, x[0], x[1]), x[0], x[1])
        },
        ThreadCase(name: "softmax", shapes: [[2000, 37]]) { try $0.softmax($1[0]) },
        ThreadCase(name: "layer normalization", shapes: [[2000, 37], [37], [37]]) {
            try $0.layerNormalization($1[0], gamma: $1[1], beta: $1[2], epsilon: 1e-3)
        },
        ThreadCase(name: "channel normalization", shapes: [[2000, 37], [37], [37]]) {
            try $0.channelNormalization($1[0], gamma: $1[1], beta: $1[2], epsilon: 1e-3).result
        },
        ThreadCase(name: "max pool", shapes: [[3, 60, 61, 17]]) {
            try $0.maxPool($1[0], size: [3, 3], strides: [2, 2], padding: [(1, 1), (1, 1)])
        },
        ThreadCase(name: "average pool", shapes: [[3, 60, 61, 17]]) {
            try $0.averagePool($1[0], size: [3, 3], strides: [2, 2], padding: [(1, 1), (1, 1)])
        },
        ThreadCase(name: "resize", shapes: [[3, 40, 41, 7]]) {
            try $0.resize($1[0], to: [77, 60], .bilinear)
        },
    ]

@Suite struct ThreadTests {
    static let cases = elementwiseThreadCases + structuralThreadCases

    /// Results and derivatives have the same bits on one to four threads.
    @Test(arguments: cases) func bitsDoNotDependOnThreads(_ row: ThreadCase) throws {
        var graph = Graph()
        let inputs = try row.shapes.enumerated().map {
            try graph.placeholder("x\($0)", TensorType($1))
        }
        let output = try row.build(&graph, inputs)
        var outputs = [output]
        if graph[output].dtype == .float32 {
            let seed = try graph.constant(
                randomTensor(graph.shape(of: output), stream: 99, range: -1...1))
            outputs += try graph.gradients(of: output, withRespectTo: inputs, seed: seed)
                .compactMap { $0 }
        }
        let point = row.shapes.enumerated().map {
            randomTensor($1, stream: UInt64($0), range: -1...1)
        }
        let results = try (1...4).map { threads in
            try Program(graph, inputs: inputs, outputs: outputs, threads: threads)
                .run(point, workers: Workers(count: threads))
        }
        for others in results[1...] {
            #expect(zip(others, results[0]).allSatisfy { $0.isIdentical(to: $1) })
        }
    }

    /// Σ of n equal numbers is n times one of them, rounded once: nothing is lost on the way.
    @Test(arguments: [([100_003], [0]), ([100_003, 3], [0]), ([3, 100_003], [1])])
    func sumsLoseNothing(_ dimensions: [Int], _ axes: [Int]) throws {
        var graph = Graph()
        let shape = try Shape(dimensions)
        let x = try graph.placeholder("x", TensorType(shape))
        let sum = try graph.sum(x, axes: axes)
        let number: Float = 0.1
        let found = try Program(graph, inputs: [x], outputs: [sum])
            .run([Tensor(repeating: number, shape: shape)])[0].elements(of: Float.self)
        let expected = 100_003 * Double(number)
        #expect(found.allSatisfy { abs(Double($0) - expected) <= expected * 2e-6 })
        #expect(found.allSatisfy { $0 == found[0] })
    }
}
