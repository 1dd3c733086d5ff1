import SwiftletGraph
import SwiftletTensor
import Testing

/// Products of rounded rows with bytes against the same sums by other operations.
@Suite("Rounded products") struct RoundedProductTests {
    static let rounding = RowRounding(lowest: -127, largest: 127, epsilon: 1e-7)

    private func operands(_ x: [Int], _ n: Int) throws -> [Tensor] {
        let k = x[x.count - 1]
        let random = CounterRandom(seed: 4)
        return [
            try Tensor(shape: Shape(x)) { random.uniform(at: $0) * 4 - 1 },
            try Tensor(
                (0..<k * n).map { Float(Int(random.uniform(at: $0 + 9999) * 255) - 127) },
                shape: [k, n]
            ).converted(to: .int8),
            try Tensor(shape: [n]) { random.uniform(at: $0 + 77) + 0.5 },
        ]
    }

    private func run(_ op: some Op, _ operands: [Tensor], threads: Int = 1) throws -> Tensor {
        var graph = Graph()
        let inputs = try operands.enumerated().map {
            try graph.placeholder("\($0)", TensorType($1.shape, $1.dtype))
        }
        let output = try graph.append(op, inputs)[0]
        return try Program(graph, inputs: inputs, outputs: [output], threads: threads)
            .run(operands, workers: Workers(count: threads))[0]
    }

    /// `clip(round(x · s)) · B / (scale · s)` step by step.
    private func expected(_ operands: [Tensor]) throws -> Tensor {
        var graph = Graph()
        let x = try graph.constant(operands[0])
        let axis = operands[0].rank - 1
        let magnitude = try graph.max(
            graph.unary(.abs, x), axes: [axis], keepsDimensions: true)
        let s = try graph.divide(
            graph.constant(127), graph.add(magnitude, graph.constant(1e-7)))
        let rounded = try graph.unary(.round, graph.multiply(x, s))
        let bytes = try graph.cast(graph.constant(operands[1]), to: .float32)
        let sums = try graph.matmul(rounded, bytes)
        let y = try graph.divide(sums, graph.multiply(graph.constant(operands[2]), s))
        return try Program(graph, inputs: [], outputs: [y]).run([])[0]
    }

    static let shapes: [([Int], Int)] = [
        ([1, 5], 3), ([4, 130], 70), ([2, 3, 64], 33), ([200, 96], 500), ([1, 900], 1100),
    ]

    @Test(arguments: shapes) func matchesOtherOperations(_ x: [Int], _ n: Int) throws {
        let operands = try operands(x, n)
        let wanted = try expected(operands)
        let packed = try run(PackBytes(), [operands[1]])
        let product = RoundedProduct(Self.rounding, packedShape: operands[1].shape)
        for threads in 1...4 {
            #expect(
                try run(RoundedProduct(Self.rounding), operands, threads: threads)
                    .isIdentical(to: wanted))
            #expect(
                try run(product, [operands[0], packed, operands[2]], threads: threads)
                    .isIdentical(to: wanted))
        }
    }

    @Test func epilogueIsApplied() throws {
        let operands = try operands([6, 40], 45)
        let bias = try Tensor(shape: [45]) { Float($0) / 10 - 2 }
        let residual = try Tensor(shape: [6, 45]) { Float($0 % 7) }
        let epilogue = try #require(
            Epilogue(hasBias: true, hasResidual: true).adding(activation: .silu))
        let found = try run(
            RoundedProduct(Self.rounding, epilogue: epilogue), operands + [bias, residual])
        let plain = try expected(operands).floats()
        for (at, y) in try found.floats().enumerated() {
            let sum = plain[at] + (Float(at % 45) / 10 - 2) + Float(at % 7)
            #expect(abs(y - Float(Double(sum) / (1 + exponential(-Double(sum))))) < 1e-4)
        }
    }

    /// e^x by its series around half of it and again.
    private func exponential(_ x: Double) -> Double {
        guard abs(x) > 0.01 else { return 1 + x + x * x / 2 + x * x * x / 6 + x * x * x * x / 24 }
        let half = exponential(x / 2)
        return half * half
    }

    /// A row with NaN is NaN and leaves the others as they are.
    @Test func notANumberStaysInItsRow() throws {
        var operands = try operands([3, 20], 9)
        let whole = try run(RoundedProduct(Self.rounding), operands).floats()
        var x = try operands[0].floats()
        x[25] = .nan
        operands[0] = try Tensor(x, shape: [3, 20])
        let found = try run(RoundedProduct(Self.rounding), operands).floats()
        for at in found.indices {
            #expect(at / 9 == 1 ? found[at].isNaN : found[at] == whole[at])
        }
    }

    @Test func operandsAreChecked() throws {
        let operands = try operands([3, 20], 9)
        for wrong in [
            [operands[0], operands[0], operands[2]], [operands[0], operands[1]],
            [operands[2], operands[1], operands[2]],
        ] {
            #expect(throws: GraphError.self) { try run(RoundedProduct(Self.rounding), wrong) }
        }
        #expect(throws: GraphError.self) {
            try run(RoundedProduct(Self.rounding, packedShape: [20, 9]), operands)
        }
    }
}
