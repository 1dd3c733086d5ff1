import SwiftletGraph
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Testing

/// Recurrent layers that the kernels run as a whole, against the same layers step by step.
@Suite("Fusion of recurrences") struct RecurrenceFusionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let isFused: Bool
        let outputs: Int
        let layers: @Sendable () -> [any Layer]
        var testDescription: String { name }

        init(
            _ name: String, isFused: Bool = true, outputs: Int = 1,
            _ layers: @escaping @Sendable () -> [any Layer]
        ) {
            self.name = name
            self.isFused = isFused
            self.outputs = outputs
            self.layers = layers
        }
    }

    static let rows = [
        Row("LSTM") { [LSTM(37)] },
        Row("LSTM, all steps, masked") { [Masking(), LSTM(20, returnsSequences: true)] },
        Row("LSTM, backwards, states", outputs: 3) {
            [LSTM(33, returnsState: true, goesBackwards: true)]
        },
        Row("LSTM with other activations") {
            [LSTM(17, activation: .relu, recurrentActivation: .hardSigmoid)]
        },
        Row("LSTM without activations") {
            [LSTM(9, activation: .linear, recurrentActivation: .linear, usesBias: false)]
        },
        Row("LSTM with softmax", isFused: false) { [LSTM(6, activation: .softmax)] },
        Row("GRU") { [GRU(37)] },
        Row("GRU, reset before, masked") { [Masking(), GRU(21, resetsAfter: false)] },
        Row("GRU, reset before, all steps") {
            [GRU(65, returnsSequences: true, goesBackwards: true, resetsAfter: false)]
        },
        Row("GRU without bias") { [GRU(40, usesBias: false, returnsSequences: true)] },
        Row("SimpleRNN") { [Masking(), SimpleRNN(130, returnsSequences: true)] },
        Row("both directions") { [Masking(), Bidirectional(LSTM(19, returnsSequences: true))] },
        Row("one upon the other") { [GRU(64, returnsSequences: true), LSTM(128)] },
    ]

    @Test(arguments: rows) func outputsDoNotChange(_ row: Row) throws {
        let input = Input(7, 5)
        var symbols = [input.symbol]
        for layer in row.layers() { symbols = layer.outputs(row.outputs, of: symbols[0]) }
        var model = try Model(inputs: [input], outputs: symbols)
        try model.initialize(seed: 1)
        for name in try model.weightNames() where name.hasSuffix("bias") {
            guard let tensor = model[weight: name] else { continue }
            let random = CounterRandom(seed: 7, name: name)
            let values = (0..<tensor.elementCount).map { random.uniform(at: $0) - 0.5 }
            try model.setWeight(name, to: Tensor(values, shape: tensor.shape))
        }
        for batch in [1, 3, 9] {
            let x = try sequences(batch: batch)
            let plain = try Predictor(model, threads: 1, optimizations: .none).predict([x])
            var first: [Tensor]?
            for threads in 1...3 {
                let predictor = try Predictor(model, threads: threads)
                let fused = try predictor.predict([x])
                let steps = try predictor.stepNames(rows: batch)
                #expect(steps.contains("scan") == !row.isFused, "\(steps)")
                for (a, b) in zip(plain, fused) {
                    #expect(a.shape == b.shape)
                    for (x, y) in try zip(a.floats(), b.floats()) {
                        #expect(abs(x - y) <= 1e-5 * max(1, abs(x)))
                    }
                }
                // The same bits on any number of threads.
                for (a, b) in zip(first ?? fused, fused) { #expect(a.isIdentical(to: b)) }
                first = first ?? fused
            }
        }
    }

    /// Some steps are all zeros, which a mask leaves out.
    private func sequences(batch: Int) throws -> Tensor {
        let random = CounterRandom(seed: 4)
        let values = (0..<batch * 35).map { index -> Float in
            let (row, step) = (index / 35, index / 5 % 7)
            return (row + step) % 3 == 0 ? 0 : 2 * random.uniform(at: index) - 1
        }
        return try Tensor(values, shape: [batch, 7, 5])
    }
}
