import SwiftletLayers

/// Small networks whose operations cover the kinds of kernels.
struct Network: Sendable {
    let input: [Int]
    /// How many words there are, if inputs are the numbers of words.
    let words: Int?
    let model: @Sendable () throws -> Model

    private init(
        _ input: [Int], words: Int? = nil, model: @escaping @Sendable () throws -> Model
    ) {
        (self.input, self.words, self.model) = (input, words, model)
    }

    /// An input's value from a number between 0 and 1.
    func value(_ number: Float) -> Float {
        words.map { (number * Float($0 - 1)).rounded(.down) } ?? number
    }

    static let all = [
        Network([12, 12, 3]) {
            try Sequential {
                Input(12, 12, 3)
                Conv2D(16, kernel: 3, padding: .same, activation: .relu)
                DepthwiseConv2D(kernel: 3, padding: .same)
                BatchNormalization()
                MaxPooling2D(2)
                Conv2D(20, kernel: 1, activation: .silu)
                GlobalAveragePooling2D()
                Dense(10, activation: .softmax)
            }
        },
        Network([9, 6]) {
            try Sequential {
                Input(9, 6)
                LayerNormalization()
                Bidirectional(LSTM(16, returnsSequences: true))
                GRU(12)
                Dense(4, activation: .gelu)
            }
        },
        Network([12], words: 50) {
            let tokens = Input(12)
            let embedded = Embedding(50, 24)(tokens)
            let seen = MultiHeadAttention(heads: 3, keySize: 8)(
                embedded, ["value": [embedded]])
            let sum = LayerNormalization()(Add()([embedded, seen]))
            return try Model(
                inputs: [tokens], outputs: [Dense(3)(GlobalAveragePooling1D()(sum))])
        },
        Network([300]) {
            try Sequential {
                Input(300)
                Dense(256, activation: .relu)
                Dense(64, activation: .tanh)
                Dense(1, activation: .sigmoid)
            }
        },
    ]
}
