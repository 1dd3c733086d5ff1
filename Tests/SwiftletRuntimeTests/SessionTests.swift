import SwiftletGraph
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import TestSupport
import Testing

@Suite("Sessions") struct SessionTests {
    static let models: [@Sendable () throws -> Model] = [
        {
            try Sequential {
                Input(12, 12, 3)
                Conv2D(8, kernel: 3, activation: .relu)
                DepthwiseConv2D(kernel: 3, padding: .same)
                BatchNormalization()
                ReLU(maximum: 6)
                MaxPooling2D(2)
                Conv2D(20, kernel: 1, activation: .silu)
                GlobalAveragePooling2D()
                Dense(10, activation: .softmax)
            }
        },
        {
            try Sequential {
                Input(6, 9)
                LayerNormalization()
                Bidirectional(LSTM(16, returnsSequences: true))
                GRU(12)
                Dense(4, activation: .gelu)
            }
        },
        {
            let input = Input(8, 8, 4)
            let a = Conv2D(4, kernel: 3, padding: .same, activation: .relu)(input)
            let b = Concatenate()([a, input])
            let c = Add()([Conv2D(8, kernel: 1)(b), b])
            return try Model(inputs: [input], outputs: [Flatten()(c), a])
        },
        {
            let input = Input(110, 8)
            let steps = Masking()(input)
            let a = MultiHeadAttention(heads: 2, keySize: 8)([steps, steps])
            let b = GroupQueryAttention(headSize: 4, queryHeads: 4, keyHeads: 2)([a, steps])
            return try Model(inputs: [input], outputs: [b])
        },
    ]

    private func model(_ number: Int) throws -> Model {
        var model = try Self.models[number]()
        try model.initialize(seed: 2)
        return model
    }

    private func input(of session: PredictionSession) throws -> Tensor {
        let random = CounterRandom(seed: 5)
        let shape = session.inputTypes[0].shape
        return try Tensor((0..<shape.elementCount).map { random.uniform(at: $0) }, shape: shape)
    }

    @Test(arguments: models.indices) func givesWhatPredictGives(_ number: Int) throws {
        let predictor = try Predictor(model(number), threads: 2)
        let session = try predictor.session(rows: 3)
        let x = try input(of: session)
        try session.write { target in x.withUnsafeBytes { target.copyMemory(from: $0) } }
        let expected = try predictor.predict([x])
        for _ in 0..<2 {
            try session.run()
            for (position, tensor) in expected.enumerated() {
                let isSame = try session.read(from: position) { found in
                    tensor.withUnsafeBytes { $0.elementsEqual(found) }
                }
                #expect(isSame)
            }
        }
    }

    @Test("nothing is allocated from one run to the next", arguments: models.indices)
    func allocatesNothing(_ number: Int) throws {
        guard Allocations.areCounted else { return }
        for rows in [1, 4] {
            let session = try Predictor(model(number), threads: 1).session(rows: rows)
            try session.run()
            let count = try Allocations.count { for _ in 0..<10 { try session.run() } }
            #expect(count == 0)
        }
    }

    @Test func refusesPositionsThatAreNot() throws {
        let session = try Predictor(model(0), threads: 1).session()
        #expect(throws: ModelError.self) { try session.write(to: 1) { _ in } }
        #expect(throws: ModelError.self) { try session.read(from: -1) { _ in } }
    }

    @Test("memory is known before the first prediction") func knowsItsMemory() throws {
        let predictor = try Predictor(model(0), threads: 1)
        let (one, many) = (try predictor.peakMemory(), try predictor.peakMemory(rows: 64))
        #expect(one.weights == many.weights)
        #expect(one.arena < many.arena)
        #expect(many.data == 64 * (12 * 12 * 3 + 10) * 4)
        #expect(many.total == many.weights + many.arena + many.data)
    }
}
