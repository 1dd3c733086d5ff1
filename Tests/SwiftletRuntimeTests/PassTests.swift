import SwiftletGraph
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Testing

/// A network that gives the passes something to do.
struct PassCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// Operations that must be gone from the optimised plan.
    let gone: [String]
    let model: @Sendable () throws -> Model
    var testDescription: String { name }
}

@Suite struct PassTests {
    static let cases = [
        PassCase(name: "batch normalisation after convolution", gone: ["add", "multiply", "relu"]) {
            try Sequential {
                Input(9, 8, 3)
                Conv2D(5, kernel: 3, padding: .same)
                BatchNormalization()
                ReLU()
            }
        },
        PassCase(name: "batch normalisation after dense", gone: ["add", "multiply"]) {
            try Sequential {
                Input(6)
                Dense(4)
                BatchNormalization()
            }
        },
        PassCase(name: "batch normalisation after transposed", gone: ["add", "multiply"]) {
            try Sequential {
                Input(5, 4, 3)
                Conv2DTranspose(6, kernel: 3, strides: 2, padding: .same, usesBias: false)
                BatchNormalization()
                ActivationLayer(.tanh)
            }
        },
        PassCase(name: "depthwise", gone: ["add", "multiply"]) {
            try Sequential {
                Input(7, 7, 4)
                DepthwiseConv2D(kernel: 3, depthMultiplier: 2)
                BatchNormalization()
                ReLU(maximum: 6)
            }
        },
        PassCase(name: "padding", gone: ["pad"]) {
            try Sequential {
                Input(8, 8, 2)
                ZeroPadding2D(2)
                Conv2D(3, kernel: 5, strides: 2)
            }
        },
        PassCase(name: "channels first", gone: []) {
            try Sequential {
                Input(3, 8, 8)
                Conv2D(4, kernel: 3, format: .channelsFirst)
                BatchNormalization(axis: 1)
                Conv2D(4, kernel: 3, format: .channelsFirst, activation: .relu)
            }
        },
        PassCase(name: "residual block", gone: ["add"]) {
            let input = Input(8, 8, 4)
            let a = Conv2D(4, kernel: 3, padding: .same)(input)
            let b = BatchNormalization()(Conv2D(4, kernel: 1)(ReLU()(a)))
            return try Model(inputs: [input], outputs: [ReLU()(Add()([b, a]))])
        },
        PassCase(name: "normalisation that two layers read", gone: []) {
            let input = Input(8, 8, 4)
            let a = Conv2D(4, kernel: 3, padding: .same)(input)
            let b = BatchNormalization()(a)
            return try Model(inputs: [input], outputs: [Add()([b, a]), ReLU()(b)])
        },
        PassCase(name: "recurrence", gone: []) {
            try Sequential {
                Input(6, 3)
                Bidirectional(LSTM(4, returnsSequences: true))
                GRU(5)
                Dense(2, activation: .softmax)
            }
        },
    ]

    @Test(arguments: cases) func outputsDoNotChange(_ row: PassCase) throws {
        var model = try row.model()
        try model.initialize(seed: 3)
        // Statistics and offsets far from neutral, so that a wrong fold shows.
        for name in try model.weightNames() {
            guard let tensor = model[weight: name], tensor.rank == 1 else { continue }
            let random = CounterRandom(seed: 1, name: name)
            let values = (0..<tensor.elementCount).map { 0.5 + random.uniform(at: $0) }
            try model.setWeight(name, to: Tensor(values))
        }
        let inputs = try model.inputShapes.map { shape in
            let random = CounterRandom(seed: 2)
            let shape = try Shape([3] + shape.map { $0 ?? 1 })
            return try Tensor(
                (0..<shape.elementCount).map { 2 * random.uniform(at: $0) - 1 }, shape: shape)
        }
        let plain = try Predictor(model, threads: 1, optimizations: .none).predict(inputs)
        let predictor = try Predictor(model, threads: 2)
        let optimized = try predictor.predict(inputs)
        for (a, b) in zip(plain, optimized) {
            #expect(a.shape == b.shape)
            for (x, y) in try zip(a.floats(), b.floats()) {
                #expect(abs(x - y) <= 1e-5 * max(1, abs(x)))
            }
        }
        let steps = try predictor.stepNames(rows: 3)
        for name in row.gone { #expect(!steps.contains { $0.hasPrefix(name) }, "\(steps)") }
    }

    /// Batches of any size give the same rows.
    @Test func batchSizesAgree() throws {
        var model = try Self.cases[0].model()
        try model.initialize(seed: 5)
        let random = CounterRandom(seed: 9)
        let x = try Tensor((0..<7 * 216).map { random.uniform(at: $0) }, shape: [7, 9, 8, 3])
        let predictor = try Predictor(model, threads: 2)
        let whole = try predictor(x, batchSize: 7)
        #expect(try predictor(x, batchSize: 3).isIdentical(to: whole))
        #expect(try predictor(x, batchSize: 100).isIdentical(to: whole))
    }

    /// Winograd's algorithm is used where it may be, and its results stay near those of plain sums.
    @Test func exactnessIsAnOption() throws {
        var model = try Sequential {
            Input(20, 18, 16)
            Conv2D(48, kernel: 3, padding: .same, activation: .relu)
            Conv2D(32, kernel: 3)
        }
        try model.initialize(seed: 5)
        let random = CounterRandom(seed: 9)
        let x = try Tensor((0..<2 * 5760).map { random.uniform(at: $0) }, shape: [2, 20, 18, 16])
        let fast = try Predictor(model, threads: 2)
        let exact = try Predictor(model, threads: 2, optimizations: .exact)
        let tiles = try fast.profile([x], repeats: 1).steps.filter { $0.kernel.contains("wino") }
        #expect(tiles.count == 2)
        #expect(tiles.allSatisfy { $0.multiplyAdds > 0 && $0.byteCount > 0 })
        let sums = try exact.profile([x], repeats: 1).steps
        #expect(sums.count == 2)
        #expect(!sums.contains { $0.kernel.contains("winograd") })
        let (a, b) = try (fast(x).floats(), exact(x).floats())
        let spread = b.map(abs).max() ?? 0
        #expect(a != b)
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-5 * spread })
        let single = try Predictor(model, threads: 1)
        #expect(try single(x).isIdentical(to: fast(x)))
    }
}
