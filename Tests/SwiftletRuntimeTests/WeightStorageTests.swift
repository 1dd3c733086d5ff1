import SwiftletGraph
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Testing

/// Models whose large weights are held in 16 bits, against the same models with rounded weights.
@Suite("Weights in 16 bits") struct WeightStorageTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let input: [Int]
        let layers: @Sendable () -> [any Layer]
        /// Whether inputs are indices.
        var isText = false
        var testDescription: String { name }
    }

    static let rows = [
        Row(name: "dense", input: [300]) { [Dense(200, activation: .relu), Dense(90)] },
        Row(name: "dense of few outputs", input: [20_000]) { [Dense(3)] },
        Row(name: "large dense", input: [1100]) { [Dense(1200), Dense(7)] },
        Row(name: "convolution", input: [9, 9, 40]) {
            [Conv2D(70, kernel: 3, padding: .same), Conv2D(300, kernel: 1, activation: .tanh)]
        },
        Row(name: "convolution in groups", input: [9, 9, 64]) {
            [Conv2D(128, kernel: 3, strides: 2, groups: 2)]
        },
        Row(name: "transposed convolution", input: [5, 5, 40]) {
            [Conv2DTranspose(60, kernel: 3, strides: 2)]
        },
        Row(name: "LSTM", input: [5, 30]) { [LSTM(70, returnsSequences: true), LSTM(65)] },
        Row(name: "GRU", input: [5, 30]) { [GRU(200, returnsSequences: true)] },
        Row(name: "GRU, reset before", input: [5, 30]) { [GRU(160, resetsAfter: false)] },
        Row(name: "SimpleRNN", input: [4, 9]) { [SimpleRNN(150)] },
        Row(name: "embedding", input: [6], layers: { [Embedding(500, 40)] }, isText: true),
    ]

    private func model(_ row: Row) throws -> Model {
        let input = Input(shape: row.input.map { $0 })
        var symbol = input.symbol
        for layer in row.layers() { symbol = layer(symbol) }
        var model = try Model(inputs: [input], outputs: [symbol])
        try model.initialize(seed: 1)
        return model
    }

    /// The model with its large kernels and tables rounded to a type.
    private func rounded(_ model: Model, to dtype: DType) throws -> Model {
        var model = model
        for name in try model.weightNames() {
            guard let tensor = model[weight: name], tensor.rank > 1,
                tensor.elementCount >= 1 << 14
            else { continue }
            let narrow = try tensor.converted(to: dtype)
            try model.setWeight(name, to: narrow.converted(to: .float32))
        }
        return model
    }

    private func inputs(_ row: Row, batch: Int) throws -> Tensor {
        let random = CounterRandom(seed: 5)
        return try Tensor(shape: Shape([batch] + row.input)) {
            row.isText
                ? (random.uniform(at: $0) * 500).rounded(.down) : random.uniform(at: $0) - 0.5
        }
    }

    @Test(arguments: rows, [WeightStorage.bfloat16, .float16])
    func outputsAreOfRoundedWeights(_ row: Row, _ storage: WeightStorage) throws {
        let model = try model(row)
        let rounded = try rounded(model, to: storage == .bfloat16 ? .bfloat16 : .float16)
        for batch in [1, 2, 9] {
            let x = try inputs(row, batch: batch)
            let wanted = try Predictor(rounded, threads: 1, optimizations: .exact)(x)
            var first: Tensor?
            for threads in 1...3 {
                let predictor = try Predictor(
                    model, threads: threads, optimizations: .exact, weights: storage)
                let found = try predictor(x)
                for (a, b) in try zip(found.floats(), wanted.floats()) {
                    #expect(abs(a - b) <= 2e-6 * max(1, abs(b)))
                }
                #expect(found.isIdentical(to: first ?? found))
                first = first ?? found
            }
        }
    }

    @Test(arguments: rows) func memoryHalves(_ row: Row) throws {
        let model = try model(row)
        let whole = try Predictor(model).peakMemory().weights
        let half = try Predictor(model, weights: .bfloat16).peakMemory().weights
        #expect(Double(half) < 0.62 * Double(whole), "\(half) of \(whole)")
    }

    @Test func errorIsMeasured() throws {
        let row = Self.rows[2]
        let model = try model(row)
        let x = try inputs(row, batch: 3)
        let errors = try [WeightStorage.float32, .float16, .bfloat16].map {
            try #require(try Predictor(model, weights: $0).weightError(on: [x]))
        }
        #expect(errors[0] < 1e-5)
        #expect(errors[1] > errors[0] && errors[1] < 2e-3, "\(errors)")
        #expect(errors[2] > 2 * errors[1] && errors[2] < 2e-2, "\(errors)")
    }

    /// Tiles hold transformed kernels, whose rounding shows more; not much.
    @Test func tilesRoundLittleMore() throws {
        let input = Input(28, 28, 64)
        var model = try Model(
            inputs: [input], outputs: [Conv2D(64, kernel: 3, padding: .same)(input.symbol)])
        try model.initialize(seed: 1)
        let x = try inputs(Row(name: "", input: [28, 28, 64]) { [] }, batch: 1)
        let predictor = try Predictor(model, weights: .bfloat16)
        let tiles = try #require(try predictor.weightError(on: [x]))
        let sums = try #require(
            try Predictor(model, optimizations: .exact, weights: .bfloat16).weightError(on: [x]))
        #expect(tiles < 4 * sums, "\(tiles), sums \(sums)")
    }

    /// A model that was read in 16 bits.
    @Test func weightsMayBeNarrowAlready() throws {
        let row = Self.rows[0]
        let whole = try model(row)
        let x = try inputs(row, batch: 2)
        let wanted: Tensor = try Predictor(
            rounded(whole, to: .bfloat16), optimizations: .exact)(x)
        var narrow = whole
        for (name, tensor) in whole.tensors where tensor.elementCount >= 1 << 14 {
            narrow.tensors[name] = try tensor.converted(to: DType.bfloat16)
        }
        for storage in [WeightStorage.float32, .bfloat16] {
            let predictor = try Predictor(narrow, optimizations: .exact, weights: storage)
            let found: Tensor = try predictor(x)
            for (a, b) in try zip(found.floats(), wanted.floats()) {
                #expect(abs(a - b) <= 2e-6 * max(1, abs(b)))
            }
        }
    }
}
