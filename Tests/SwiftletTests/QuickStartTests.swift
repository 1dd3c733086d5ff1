import Swiftlet
import TestSupport
import Testing

/// The README's first program, as a user's package compiles it: with one import.
@Suite struct QuickStartTests {
    @Test func trainSaveLoadPredictScore() throws {
        try withTemporaryDirectory { directory in
            let file = directory + "/digits.keras"
            let digits = try Digits.load()
            var model = try Sequential {
                Input(8, 8, 1)
                Conv2D(16, kernel: 3, padding: .same, activation: .relu)
                MaxPooling2D(2)
                Flatten()
                Dropout(0.3)
                Dense(10, activation: .softmax)
            }
            let history = try model.fit(
                digits.train, loss: .sparseCategoricalCrossentropy, optimizer: .adam(),
                metrics: [.accuracy], epochs: 6, validation: digits.validation)
            try model.save(to: file)

            let predictor = try Predictor(Model(contentsOf: file))
            let scores = try predictor.evaluate(digits.test, task: .classification)
            #expect(try #require(scores["accuracy"]) > 0.9)
            let losses = try #require(history["loss"])
            #expect(losses[5] < losses[0] / 2)
            #expect(try predictor(digits.test.x).isIdentical(to: Predictor(model)(digits.test.x)))
        }
    }
}
