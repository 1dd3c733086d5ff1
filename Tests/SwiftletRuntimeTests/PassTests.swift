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
        PassCase(
            name: "dense block that normalizes first",
            gone: ["add", "multiply", "relu", "concatenate"]
        ) {
            let input = Input(6, 7, 5)
            var x = Conv2D(20, kernel: 3, padding: .same)(input)
            for _ in 0..<3 {
                let a = ReLU()(BatchNormalization()(x))
                let b = Conv2D(3, kernel: 3, padding: .same)(a)
                x = Concatenate()([x, b])
            }
            return try Model(
                inputs: [input], outputs: [Conv2D(2, kernel: 1)(ReLU()(BatchNormalization()(x)))])
        },
        PassCase(name: "normalisation of two readers' input", gone: ["add", "multiply"]) {
            let input = Input(5, 5, 3)
            let a = BatchNormalization()(input)
            return try Model(
                inputs: [input],
                outputs: [ActivationLayer(.tanh)(a), LeakyReLU(negativeSlope: 0.3)(a)])
        },
        PassCase(
            name: "images that are rescaled and normalized",
            gone: ["multiply", "add", "subtract", "divide"]
        ) {
            try Sequential {
                Input(9, 8, 3)
                Rescaling(1 / 127.5, offset: -1)
                Normalization(mean: [0.5, 0.4, 0.3], variance: [0.2, 0.3, 0.4])
                Rescaling(2)
                Conv2D(4, kernel: 3, padding: .same)
            }
        },
        PassCase(name: "squeeze and excitation", gone: ["multiply"]) {
            let input = Input(7, 6, 5)
            let x = Conv2D(18, kernel: 3, padding: .same, activation: .silu)(input)
            let squeezed = GlobalAveragePooling2D(keepsDimensions: true)(x)
            let excited = Conv2D(18, kernel: 1, activation: .sigmoid)(
                Conv2D(3, kernel: 1, activation: .silu)(squeezed))
            let y = BatchNormalization()(
                Conv2D(9, kernel: 1, usesBias: false)(Multiply()([x, excited])))
            return try Model(inputs: [input], outputs: [y])
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

    @Test("what is asked for twice is computed once") func commonSubexpressions() throws {
        let input = Input(4)
        let shared = Dense(3, activation: .tanh, name: "shared")
        let (a, b) = (Add()([input, input]), Add()([input, input]))
        let (x, y) = (ReLU()(a), ReLU()(b))
        var model = try Model(inputs: [input], outputs: [Multiply()([x, y]), shared(x)])
        try model.initialize(seed: 1)
        let predictor = try Predictor(model, threads: 1)
        let steps = try predictor.stepNames(rows: 2)
        #expect(steps.count { $0 == "add" } == 1 && steps.count { $0 == "relu" } == 1, "\(steps)")
        let random = CounterRandom(seed: 2)
        let values = (0..<8).map { random.uniform(at: $0) - 0.5 }
        let input2 = try Tensor(values, shape: [2, 4])
        let plain = try Predictor(model, threads: 1, optimizations: .none).predict([input2])
        for (a, b) in zip(try predictor.predict([input2]), plain) {
            for (x, y) in try zip(a.floats(), b.floats()) { #expect(abs(x - y) <= 1e-6) }
        }
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

    /// Weights beyond the caches that one row reads once stay where they are; batches read them packed, to the same
    /// bits.
    @Test func largeWeightsOfSingleRowsStayInPlace() throws {
        var model = try Sequential {
            Input(1000)
            Dense(4300, activation: .tanh)
            Dense(3)
        }
        try model.initialize(seed: 8)
        let random = CounterRandom(seed: 3)
        let x = try Tensor((0..<4000).map { random.uniform(at: $0) }, shape: [4, 1000])
        for threads in 1...2 {
            let predictor = try Predictor(model, threads: threads)
            let kernels = try predictor.profile([x.rows(0..<1)], repeats: 1).steps.map(\.kernel)
            #expect(kernels.first?.hasPrefix("operands in place") == true, "\(kernels)")
            #expect(kernels[1].hasPrefix("packed"), "\(kernels)")
            let single = try predictor(x, batchSize: 1)
            #expect(try predictor(x, batchSize: 4).isIdentical(to: single))
        }
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
