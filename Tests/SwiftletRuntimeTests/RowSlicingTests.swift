import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Testing

@Suite("Slicing of batches") struct RowSlicingTests {
    static let models: [@Sendable () throws -> Model] = [
        {
            // An inverted residual with squeeze and excitation, two outputs, one inside a stretch.
            let input = Input(24, 24, 8)
            let a = Conv2D(32, kernel: 1, activation: .silu)(input)
            let b = DepthwiseConv2D(kernel: 3, padding: .same)(a)
            let pool = GlobalAveragePooling2D(keepsDimensions: true)(b)
            let gate = Conv2D(32, kernel: 1, activation: .sigmoid)(
                Conv2D(4, kernel: 1, activation: .relu)(pool))
            let c = Add()([Conv2D(8, kernel: 1)(Multiply()([b, gate])), input])
            return try Model(
                inputs: [input],
                outputs: [Dense(3)(Flatten()(MaxPooling2D(2)(c))), a, Flatten()(c)])
        },
        {
            let input = Input(20, 32)
            let a = MultiHeadAttention(heads: 4, keySize: 8)([input, input])
            let b = LayerNormalization()(Add()([a, input]))
            let c = Dense(32)(Dense(64, activation: .gelu)(b))
            return try Model(
                inputs: [input], outputs: [Dense(2, activation: .softmax)(Add()([b, c]))])
        },
        {
            let input = Input(16, 16, 3)
            let a = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(input)
            let b = Conv2DTranspose(12, kernel: 3, strides: 2, padding: .same)(MaxPooling2D(2)(a))
            let c = Concatenate()([a, b])
            let d = Bidirectional(LSTM(8))(Reshape(16, 448)(c))
            return try Model(inputs: [input], outputs: [Dense(4)(d), UpSampling2D(2)(c)])
        },
    ]

    /// Batches of every size, in slices, give bit for bit what rows give one by one.
    @Test(arguments: models.indices, 1...3) func slicesChangeNothing(
        _ number: Int, _ threads: Int
    ) throws {
        var model = try Self.models[number]()
        try model.initialize(seed: 4)
        let random = CounterRandom(seed: 6)
        let shape = try Shape([12] + model.inputShapes[0].map { $0 ?? 1 })
        let x = try Tensor(
            (0..<shape.elementCount).map { 2 * random.uniform(at: $0) - 1 }, shape: shape)
        let predictor = try Predictor(model, threads: threads)
        let single = try predictor.predict([x], batchSize: 1)
        for batchSize in [2, 5, 8, 12] {
            let batches = try predictor.predict([x], batchSize: batchSize)
            #expect(zip(batches, single).allSatisfy { $0.isIdentical(to: $1) }, "\(batchSize)")
        }
        #expect(try predictor.stepNames(rows: 12).contains("rows"))
        #expect(try !predictor.stepNames(rows: 1).contains("rows"))
    }

    /// What passes between the operations of a loop takes memory for a few rows only.
    @Test func slicesTakeLittleMemory() throws {
        var model = try Sequential {
            Input(32, 32, 4)
            Conv2D(64, kernel: 1)
            DepthwiseConv2D(kernel: 3)
            Conv2D(64, kernel: 1)
            GlobalAveragePooling2D()
        }
        try model.initialize(seed: 4)
        let predictor = try Predictor(model, threads: 2)
        let few = try predictor.arenaByteCount(rows: 8)
        #expect(try predictor.arenaByteCount(rows: 64) < few + 64 * 64 * 8)
    }

    /// A profile names the operations inside, as often as they run, and all of their work.
    @Test func profilesLookInside() throws {
        var model = try Self.models[0]()
        try model.initialize(seed: 4)
        let predictor = try Predictor(model, threads: 2)
        let x = try Tensor(zeros: [8, 24, 24, 8])
        let steps = try predictor.profile([x], repeats: 2).steps
        #expect(steps.contains { $0.operation == "convolution" && $0.calls > 1 })
        #expect(!steps.contains { $0.operation == "rows" })
        let work = steps.reduce(0) { $0 + $1.multiplyAdds }
        #expect(try work == predictor.cost(of: [x]).multiplyAdds)
        #expect(steps.allSatisfy { $0.time > .zero })
    }
}
