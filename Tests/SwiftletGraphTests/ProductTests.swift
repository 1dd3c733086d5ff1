import SwiftletGraph
import SwiftletTensor
import Testing

@Suite("Products and convolutions")
struct ProductTests {
    /// An op on random operands of the given shapes.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let op: any Op
        let shapes: [Shape]
        var testDescription: String { name }

        func operands() -> [Tensor] {
            shapes.enumerated().map { randomTensor($1, stream: UInt64($0), range: -1...1) }
        }
    }

    static func run(_ op: some Op, _ operands: [Tensor], threads: Int = 1) throws -> Tensor {
        var graph = Graph()
        let inputs = try operands.enumerated().map {
            try graph.placeholder("\($0)", TensorType($1.shape))
        }
        let output = try graph.append(op, inputs)[0]
        return try Program(graph, inputs: inputs, outputs: [output], threads: threads)
            .run(operands, workers: Workers(count: threads))[0]
    }

    static func same(groups: Int = 1, stride: Int = 1) -> ConvolutionGeometry {
        ConvolutionGeometry(
            strides: [stride, stride], dilation: [1, 1], padding: [(1, 1), (1, 1)], groups: groups)
    }

    static let silu = Epilogue.none.adding(activation: .silu) ?? .none

    /// Large enough to be shared out.
    static let shared: [Case] = [
        Case(name: "matmul by rows", op: MatMul(), shapes: [[400, 64], [64, 40]]),
        Case(name: "matmul by panels", op: MatMul(), shapes: [[3, 300], [300, 700]]),
        Case(
            name: "matmul with an activation", op: MatMul(epilogue: silu),
            shapes: [[140, 200], [200, 37]]),
        Case(
            name: "depthwise convolution with an activation",
            op: Convolution(same(groups: 70), epilogue: silu),
            shapes: [[2, 30, 31, 70], [3, 3, 1, 70]]),
        Case(
            name: "matmul of batches", op: MatMul(transposesB: true),
            shapes: [[3, 1, 30, 40], [1, 5, 30, 40]]),
        Case(
            name: "convolution", op: Convolution(same()), shapes: [[2, 20, 20, 8], [3, 3, 8, 20]]),
        Case(
            name: "convolution in groups", op: Convolution(same(groups: 2)),
            shapes: [[2, 12, 12, 16], [3, 3, 8, 40]]),
        Case(
            name: "depthwise convolution", op: Convolution(same(groups: 130)),
            shapes: [[2, 20, 20, 130], [3, 3, 1, 130]]),
        Case(
            name: "transposed convolution",
            op: ConvolutionInputGradient(same(stride: 2), spatial: [32, 32]),
            shapes: [[2, 16, 16, 16], [3, 3, 9, 16]]),
        Case(
            name: "kernel gradient by rows",
            op: ConvolutionKernelGradient(same(), kernel: [3, 3]),
            shapes: [[2, 12, 12, 40], [2, 12, 12, 40]]),
        Case(
            name: "kernel gradient by images",
            op: ConvolutionKernelGradient(same(), kernel: [3, 3]),
            shapes: [[9, 20, 20, 1], [9, 20, 20, 8]]),
    ]

    @Test("do not depend on the number of threads", arguments: shared)
    func isIndependentOfThreads(_ test: Case) throws {
        let operands = test.operands()
        let one = try Self.run(test.op, operands)
        for threads in [2, 3] {
            #expect(try Self.run(test.op, operands, threads: threads).isIdentical(to: one))
        }
    }

    @Test("broadcast the axes before the matrices")
    func broadcastsBatches() throws {
        let a = randomTensor([2, 1, 3, 4], stream: 1, range: -1...1)
        let b = randomTensor([3, 4, 5], stream: 2, range: -1...1)
        let product = try Self.run(MatMul(), [a, b])
        #expect(product.shape == [2, 3, 3, 5])
        for i in 0..<2 {
            for j in 0..<3 {
                let single = try Self.run(
                    MatMul(),
                    [
                        a.rows(i..<i + 1).reshaped(to: [3, 4]),
                        b.rows(j..<j + 1).reshaped(to: [4, 5]),
                    ])
                let part = try product.rows(i..<i + 1).reshaped(to: [3, 3, 5]).rows(j..<j + 1)
                #expect(try part.floats() == single.floats())
            }
        }
    }

    /// Ops with an epilogue, and the plain op.
    static let fused: [(Case, @Sendable (Epilogue) -> any Op)] = [
        (
            Case(name: "matmul", op: MatMul(), shapes: [[13, 7], [7, 21]]), { MatMul(epilogue: $0) }
        ),
        (
            Case(name: "matmul of batches", op: MatMul(), shapes: [[2, 5, 7], [2, 7, 21]]),
            { MatMul(epilogue: $0) }
        ),
        (
            Case(
                name: "convolution", op: Convolution(same()),
                shapes: [[2, 5, 5, 3], [3, 3, 3, 9]]),
            { Convolution(same(), epilogue: $0) }
        ),
        (
            Case(
                name: "transposed convolution",
                op: ConvolutionInputGradient(same(stride: 2), spatial: [6, 6]),
                shapes: [[2, 3, 3, 4], [3, 3, 5, 4]]),
            { ConvolutionInputGradient(same(stride: 2), spatial: [6, 6], epilogue: $0) }
        ),
        (
            Case(
                name: "depthwise convolution", op: Convolution(same(groups: 70)),
                shapes: [[1, 5, 6, 70], [3, 3, 1, 70]]),
            { Convolution(same(groups: 70), epilogue: $0) }
        ),
    ]

    @Test("add bias and residual, then activate", arguments: fused.indices)
    func appliesEpilogue(_ index: Int) throws {
        let (test, make) = Self.fused[index]
        let plain = try Self.run(test.op, test.operands())
        let columns = plain.shape[plain.rank - 1]
        let bias = randomTensor(.vector(columns), stream: 8, range: -1...1)
        let residual = randomTensor(plain.shape, stream: 9, range: -1...1)
        let epilogue = try #require(
            Epilogue(hasBias: true, hasResidual: true).adding(activation: .relu()))
        let found = try Self.run(make(epilogue), test.operands() + [bias, residual]).floats()
        let (y, b, r) = (try plain.floats(), try bias.floats(), try residual.floats())
        #expect(found == y.indices.map { max(0, y[$0] + b[$0 % columns] + r[$0]) })
    }

    @Test("apply any activation", arguments: fused.indices)
    func appliesActivation(_ index: Int) throws {
        let (test, make) = Self.fused[index]
        let plain = try Self.run(test.op, test.operands())
        for function in [UnaryFunction.tanh, .leakyReLU(slope: 0.3), .silu] {
            let epilogue = try #require(Epilogue.none.adding(activation: function))
            let found = try Self.run(make(epilogue), test.operands())
            #expect(try found.isIdentical(to: Self.run(Unary(function), [plain])))
        }
    }

    /// Ops on a packed constant: the plain op, the packing op, the op that reads its result.
    static let packed: [(Case, pack: any Op, op: any Op)] = [
        (
            Case(name: "matmul", op: MatMul(), shapes: [[2, 13, 7], [7, 21]]),
            PackMatrix(), MatMul(packedShape: [7, 21])
        ),
        (
            Case(name: "matmul Bᵀ", op: MatMul(transposesB: true), shapes: [[13, 7], [21, 7]]),
            PackMatrix(isTransposed: true), MatMul(transposesB: true, packedShape: [21, 7])
        ),
        (
            Case(
                name: "convolution", op: Convolution(same()),
                shapes: [[2, 5, 5, 3], [3, 3, 3, 9]]),
            PackKernel(same()), Convolution(same(), packedShape: [3, 3, 3, 9])
        ),
        (
            Case(
                name: "transposed convolution",
                op: ConvolutionInputGradient(same(stride: 2), spatial: [6, 5]),
                shapes: [[2, 3, 3, 4], [3, 3, 5, 4]]),
            PackKernel(same(stride: 2), isTransposed: true),
            ConvolutionInputGradient(same(stride: 2), spatial: [6, 5], packedShape: [3, 3, 5, 4])
        ),
    ]

    @Test("read packed constants", arguments: packed.indices)
    func readsPackedConstants(_ index: Int) throws {
        let (test, pack, op) = Self.packed[index]
        let operands = test.operands()
        let constant = try Self.run(pack, [operands[1]])
        let found = try Self.run(op, [operands[0], constant])
        #expect(try found.isIdentical(to: Self.run(test.op, operands)))
    }

    /// Operands that do not fit, and a word of the message.
    static let refused: [(Case, String)] = [
        (Case(name: "inner extents", op: MatMul(), shapes: [[2, 3], [4, 5]]), "[2, 3]"),
        (Case(name: "vector", op: MatMul(), shapes: [[3], [3, 5]]), "[3]"),
        (Case(name: "batches", op: MatMul(), shapes: [[2, 2, 3], [3, 3, 5]]), "[3, 3, 5]"),
        (
            Case(
                name: "bias", op: MatMul(epilogue: Epilogue(hasBias: true)),
                shapes: [[2, 3], [3, 5], [4]]), "bias"
        ),
        (
            Case(
                name: "kernel too large", op: Convolution(same()),
                shapes: [[1, 2, 2, 1], [5, 5, 1, 1]]),
            "does not fit"
        ),
        (
            Case(
                name: "channels", op: Convolution(same()), shapes: [[1, 5, 5, 4], [3, 3, 3, 1]]),
            "does not fit"
        ),
        (
            Case(
                name: "groups", op: Convolution(same(groups: 3)),
                shapes: [[1, 5, 5, 6], [3, 3, 2, 4]]),
            "groups"
        ),
        (Case(name: "rank", op: Convolution(same()), shapes: [[1, 5, 6], [3, 6, 4]]), "rank"),
        (
            Case(
                name: "stride 0", op: Convolution(same(stride: 0)),
                shapes: [[1, 5, 5, 1], [3, 3, 1, 1]]),
            "positive"
        ),
        (
            Case(
                name: "overflow",
                op: Convolution(
                    ConvolutionGeometry(
                        strides: [1], dilation: [.max / 2], padding: [(0, 0)])),
                shapes: [[1, 5, 1], [5, 1, 1]]), "strides"
        ),
        (
            Case(
                name: "impossible input",
                op: ConvolutionInputGradient(same(stride: 2), spatial: [9, 6]),
                shapes: [[2, 3, 3, 4], [3, 3, 5, 4]]), "do not give"
        ),
        (
            Case(
                name: "packed for another shape",
                op: MatMul(packedShape: [7, 30]), shapes: [[2, 7], [70]]), "packed"
        ),
    ]

    @Test("refuse operands that do not fit", arguments: refused.indices)
    func refuses(_ index: Int) throws {
        let (test, word) = Self.refused[index]
        let error = #expect(throws: GraphError.self) {
            try test.op.outputTypes(for: test.shapes.map { TensorType($0) })
        }
        #expect(try #require(error).description.contains(word))
    }
}
