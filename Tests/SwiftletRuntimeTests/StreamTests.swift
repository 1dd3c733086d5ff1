import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import TestSupport
import Testing

@Suite("Streams") struct StreamTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let layers: @Sendable () -> [any Layer]
        var testDescription: String { name }
    }

    static let streamable = [
        Row(name: "LSTM, last step") { [LSTM(9), Dense(2)] },
        Row(name: "LSTM over GRU, all steps") {
            [GRU(8, returnsSequences: true), LSTM(5, returnsSequences: true), Dense(3)]
        },
        Row(name: "masked SimpleRNN") { [Masking(), SimpleRNN(6, returnsSequences: true)] },
        Row(name: "causal convolutions") {
            [
                Conv1D(6, kernel: 3, padding: .causal, activation: .relu),
                Conv1D(4, kernel: 2, padding: .causal, dilation: 4), LayerNormalization(),
            ]
        },
        Row(name: "convolution, then recurrence") {
            [Conv1D(6, kernel: 5, padding: .causal), GRU(7), Dense(1, activation: .sigmoid)]
        },
    ]
    static let refused = [
        Row(name: "both directions") { [Bidirectional(LSTM(4, returnsSequences: true))] },
        Row(name: "backwards") { [GRU(4, goesBackwards: true)] },
        Row(name: "padding on both sides") { [Conv1D(3, kernel: 3, padding: .same)] },
        Row(name: "mean over time") {
            [LSTM(4, returnsSequences: true), GlobalAveragePooling1D()]
        },
    ]

    private func model(_ row: Row) throws -> Model {
        let input = Input(shape: [nil, 3])
        var symbol = input.symbol
        for layer in row.layers() { symbol = layer(symbol) }
        var model = try Model(inputs: [input], outputs: [symbol])
        try model.initialize(seed: 6)
        return model
    }

    @Test(arguments: streamable) func givesWhatTheWholeSequenceGives(_ row: Row) throws {
        let predictor = try Predictor(model(row), threads: 1)
        let random = CounterRandom(seed: 8)
        let (rows, steps) = (2, 11)
        let whole = try Tensor(
            (0..<rows * steps * 3).map { 2 * random.uniform(at: $0) - 1 },
            shape: [rows, steps, 3])
        let numbers = try whole.floats()
        let stream = try predictor.makeStream(rows: rows)
        for _ in 0..<2 {
            var last: [Float] = []
            for step in 0..<steps {
                stream.write { target in
                    let floats = target.bindMemory(to: Float.self)
                    for row in 0..<rows {
                        for feature in 0..<3 {
                            floats[row * 3 + feature] =
                                numbers[(row * steps + step) * 3 + feature]
                        }
                    }
                }
                try stream.step()
                last = try stream.read { [Float]($0.bindMemory(to: Float.self)) }
            }
            let expected = try predictor(whole)
            let all = try expected.floats()
            let width = last.count / rows
            for row in 0..<rows {
                for column in 0..<width {
                    let place =
                        expected.rank == 3
                        ? (row * steps + steps - 1) * width + column : row * width + column
                    #expect(abs(last[row * width + column] - all[place]) < 1e-5)
                }
            }
            stream.reset()
        }
        if Allocations.areCounted {
            try #expect(Allocations.count { for _ in 0..<5 { try stream.step() } } == 0)
        }
    }

    @Test(arguments: refused) func refusesWhatLooksAhead(_ row: Row) throws {
        let predictor = try Predictor(model(row), threads: 1)
        #expect(throws: ModelError.self) { try predictor.makeStream() }
    }
}
