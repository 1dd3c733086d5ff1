import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// What a training tells of itself.
@Suite struct InsightTests {
    private static func compiled(_ optimizer: Optimizer) throws -> Model {
        var model = try Spirals.model()
        model.compile(
            TrainingSetup(optimizer: optimizer, loss: .binaryCrossentropy, metrics: [.accuracy]))
        return model
    }

    // MARK: Learning rates

    @Test func findsARateThatLearns() throws {
        let data = try Spirals(count: 200).data
        let model = try Self.compiled(.adam())
        let search = try model.findLearningRate(
            data, options: FitOptions(batchSize: 16, threads: 1))
        #expect(model.tensors.isEmpty)
        #expect(search.rates.count == search.losses.count)
        #expect(search.rates.first == 1e-7)
        let suggestion = try #require(search.suggestion)
        let lowest = try #require(search.rateOfLowestLoss)
        #expect(suggestion < lowest)
        func loss(_ rate: Double) throws -> Double {
            var model = try Self.compiled(.adam(learningRate: .constant(rate)))
            let history = try model.fit(
                data, options: FitOptions(epochs: 5, batchSize: 16, threads: 1))
            return try #require(history["loss"]?.last)
        }
        // Better than one far below and one far above.
        let reached = try loss(suggestion)
        #expect(try reached < loss(suggestion / 1000))
        #expect(try reached < loss(suggestion * 1000))
        #expect(search.json["suggestion"]?.double == suggestion)
    }

    @Test func aLossThatGrowsEndsTheSearch() throws {
        let x = try Tensor((0..<64).map { Float($0) / 10 }, shape: [64, 1])
        var model = try Sequential {
            Input(1)
            Dense(1)
        }
        model.compile(TrainingSetup(optimizer: .sgd(), loss: .meanSquaredError))
        let search = try model.findLearningRate(
            Dataset(x: x, y: x), options: FitOptions(batchSize: 16, threads: 1))
        #expect(search.end == .diverged)
        #expect(search.rates.count < 100)
        let suggestion = try #require(search.suggestion)
        // Of this quadratic bowl every rate above 2 / λ diverges: λ ≈ 2 mean(x²) ≈ 27.
        #expect(suggestion > 1e-5 && suggestion < 2.0 / 27)
        #expect(throws: TrainingError.self) {
            try model.findLearningRate(Dataset(x: x, y: x), from: 1, to: 0.1)
        }
    }

    // MARK: Recording

    @Test func recordsGradientsAndWeights() throws {
        var model = try Self.compiled(.adam())
        let recorder = TrainingRecorder()
        try model.fit(
            Spirals().data, options: FitOptions(epochs: 3, batchSize: 16, threads: 1),
            callbacks: [recorder])
        let epochs = try #require(recorder.json.array)
        #expect(epochs.count == 3)
        for epoch in epochs {
            #expect(epoch["learning_rate"]?.double == Double(Float(0.001)))
            let norms = try #require(epoch["gradient_norms"]?.object)
            #expect(norms.keys == ["dense", "batch_normalization", "dense_1"])
            #expect(norms.allSatisfy { ($0.value.double ?? 0) > 0 })
        }
        let kernel = try #require(epochs[2]["weights"]?["dense/kernel"])
        let values = try #require(model[weight: "dense/kernel"]).doubles()
        #expect(kernel["low"]?.double == values.min())
        #expect(kernel["high"]?.double == values.max())
        let counts = try #require(kernel["counts"]?.array).compactMap(\.int)
        #expect(counts.reduce(0, +) == values.count)
        let mean = values.reduce(0, +) / Double(values.count)
        #expect(abs((kernel["mean"]?.double ?? .nan) - mean) < 1e-6)
    }

    /// The gradient of ½(w·x − y)² is (w·x − y)·x.
    @Test func gradientNormsAreThoseOfTheLoss() throws {
        var model = try Sequential {
            Input(2)
            Dense(1, usesBias: false)
        }
        try model.setWeight("dense/kernel", to: Tensor([1, 2] as [Float], shape: [2, 1]))
        let data = try Dataset(
            x: Tensor([3, 4] as [Float], shape: [1, 2]), y: Tensor([1] as [Float], shape: [1, 1]))
        var norm = 0.0
        try model.fit(
            data, loss: .meanSquaredError, optimizer: .sgd(),
            callbacks: [
                FunctionCallback(onBatchEnd: { norm = $0.gradientNorms[0].norm })
            ], threads: 1)
        // 2 · (11 − 1) · |(3, 4)|.
        #expect(abs(norm - 100) < 1e-3)
    }

    @Test func profilesEveryLayer() throws {
        var model = try Self.compiled(.adam())
        let profiler = TrainingProfiler()
        try model.fit(
            Spirals().data, options: FitOptions(epochs: 2, batchSize: 15, threads: 1),
            callbacks: [profiler])
        let profile = profiler.profile
        #expect(profile.steps == 11)
        #expect(
            Set(profile.layers.map(\.layer)).isSuperset(
                of: ["dense", "batch_normalization", "dropout", "dense_1"]))
        for phase in TrainingProfile.Phase.allCases {
            #expect(profile.rows.contains { $0.phase == phase && $0.time > .zero }, "\(phase)")
        }
        #expect(
            profile.rows.contains {
                $0.phase == .backward && $0.layer == "dense" && $0.operation == "matmul"
            })
        #expect(profile.json["steps"]?.int == 11)
    }

    // MARK: Diagnosis of real trainings

    private static func digits(_ count: Int, from start: Int = 0) throws -> Dataset {
        let digits = try Digits.load()
        return try digits.train.samples(at: Array(start..<start + count))
    }

    private static func history(
        _ optimizer: Optimizer, train: Dataset, validation: Dataset?, epochs: Int, units: Int = 64,
        dropout: Float = 0
    ) throws -> History {
        var model = try Sequential {
            Input(8, 8, 1)
            Flatten()
            Dense(units, activation: .relu)
            Dropout(dropout)
            Dense(10, activation: .softmax)
        }
        return try model.fit(
            train, loss: .sparseCategoricalCrossentropy, optimizer: optimizer, epochs: epochs,
            batchSize: 16, validation: validation, threads: 1)
    }

    @Test func overfittingIsSeen() throws {
        let history = try Self.history(
            .adam(learningRate: 0.01), train: Self.digits(60),
            validation: Self.digits(400, from: 500),
            epochs: 60, units: 256)
        #expect(history.diagnosis.verdict == .overfitting, "\(history.diagnosis)")
        #expect((1...40).contains(history.diagnosis.epoch ?? 0))
    }

    @Test func underfittingIsSeen() throws {
        // Labels that have nothing to do with the pictures, and a model too small to learn them by heart.
        let data = try Self.digits(800)
        let random = CounterRandom(seed: 3)
        let noise = try Dataset(
            x: data.x, y: Tensor((0..<800).map { Int32(random.bits(at: $0) % 10) }))
        let history = try Self.history(
            .sgd(learningRate: 0.02), train: noise, validation: nil, epochs: 12, units: 2)
        #expect(history.diagnosis.verdict == .underfitting, "\(history.diagnosis)")
    }

    @Test func tooLargeStepsAreSeen() throws {
        let history = try Self.history(
            .adam(learningRate: 0.05), train: Self.digits(1200), validation: nil,
            epochs: 15, dropout: 0.3)
        let diagnosis = history.diagnosis
        #expect(
            diagnosis.remarks.contains { $0.kind == .learningRateTooHigh },
            "\(diagnosis) \(history.json.text())")
    }

    @Test func aLeapAtTheStartIsSeen() throws {
        let history = try Self.history(
            .sgd(learningRate: 10.0), train: Self.digits(300), validation: nil, epochs: 2)
        let remarks = history.diagnosis.remarks
        #expect(remarks.map(\.kind) == [.learningRateTooHigh], "\(history.json.text())")
        #expect(remarks.first?.evidence.hasPrefix("the loss was ") == true)
    }

    @Test func tooSmallStepsAreSeen() throws {
        let history = try Self.history(
            .sgd(learningRate: 2e-4), train: Self.digits(600), validation: nil, epochs: 15)
        #expect(
            history.diagnosis.remarks.map(\.kind) == [.learningRateTooLow], "\(history.diagnosis)")
    }

    @Test func noisyValidationIsSeen() throws {
        let history = try Self.history(
            .rmsprop(learningRate: 0.05), train: Self.digits(1000),
            validation: Self.digits(12, from: 1100),
            epochs: 24, dropout: 0.3)
        #expect(
            history.diagnosis.remarks.contains { $0.kind == .noisyValidation },
            "\(history.diagnosis) \(history.json.text())")
    }

    @Test func aGoodTrainingGetsNoRemarks() throws {
        let history = try Self.history(
            .adam(learningRate: 0.001), train: Self.digits(1000),
            validation: Self.digits(250, from: 1000),
            epochs: 20)
        #expect(history.diagnosis.remarks.isEmpty, "\(history.diagnosis)")
        #expect([.improving, .converged].contains(history.diagnosis.verdict))
    }
}
