import SwiftletDataset
import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// Writes down what callbacks are told.
private final class Diary: Callback {
    var events: [String] = []
    var rates: [Double] = []
    func trainingBegins(_ run: TrainingRun) { events.append("begin") }
    func epochBegins(_ run: TrainingRun) { events.append("epoch \(run.epoch)") }
    func batchEnds(_ run: TrainingRun) { events.append("batch \(run.batch)") }
    func epochEnds(_ run: TrainingRun) {
        events.append(run.logs.map(\.name).joined(separator: " "))
        rates.append(run.learningRate)
    }
    func trainingEnds(_ run: TrainingRun) { events.append("end") }
}

/// Pretends that something was measured: early stopping and its kin then see a curve of our choice.
private struct Curve: Callback {
    let values: [Double]
    mutating func epochEnds(_ run: TrainingRun) { run.set("val_loss", to: values[run.epoch]) }
}

@Suite struct CallbackTests {
    private static func data() throws -> Dataset {
        let x = try Tensor((0..<20).map { Float($0) / 20 }, shape: [20, 1])
        return try Dataset(x: x, y: x)
    }

    private static func fit(
        epochs: Int, _ callbacks: [any Callback], optimizer: Optimizer = .sgd()
    ) throws -> (model: Model, history: History) {
        var model = try Sequential {
            Input(1)
            Dense(1)
        }
        let history = try model.fit(
            data(), loss: .meanSquaredError, optimizer: optimizer, epochs: epochs, batchSize: 8,
            callbacks: callbacks, threads: 1)
        return (model, history)
    }

    @Test func tellsEverythingInOrder() throws {
        let diary = Diary()
        _ = try Self.fit(epochs: 2, [diary])
        #expect(
            diary.events == [
                "begin", "epoch 0", "batch 0", "batch 1", "batch 2", "loss", "epoch 1", "batch 0",
                "batch 1", "batch 2", "loss", "end",
            ])
    }

    /// Epochs made and the epoch restored, by Keras's rules.
    @Test(
        arguments: [
            ("rises at once", [1.0, 2, 3, 4, 5, 6], 2, 0.0, 3, 1),
            ("falls", [6.0, 5, 4, 3, 2, 1], 2, 0, 6, 6),
            ("falls, then rises", [3.0, 2, 1, 2, 3, 4], 2, 0, 5, 3),
            ("single bad epochs", [3.0, 2, 2.5, 1.5, 2, 1], 2, 0, 6, 6),
            ("too little", [3.0, 2.95, 2.9, 2.85, 2.8, 2.75], 3, 0.5, 4, 1),
            ("no patience", [3.0, 3, 1, 1, 1, 1], 0, 0, 2, 1),
            ("never a number", [.nan, .nan, .nan, .nan, .nan, .nan], 2, 0, 2, 1),
        ] as [(String, [Double], Int, Double, Int, Int)])
    func stopsEarly(
        _ row: (
            name: String, curve: [Double], patience: Int, change: Double, epochs: Int, best: Int
        )
    ) throws {
        let seen = Weights()
        let (model, history) = try Self.fit(
            epochs: 6,
            [
                Curve(values: row.curve), seen,
                EarlyStopping(
                    minimumChange: row.change, patience: row.patience, restoresBestWeights: true),
            ])
        #expect(history.epochs == row.epochs)
        #expect(history.restoredEpoch == row.best)
        let kernel = try #require(model[weight: "dense/kernel"])
        #expect(kernel.isIdentical(to: seen.kernels[row.best - 1]))
        if row.epochs < 6 {
            guard case .stopped = history.end else {
                Issue.record("ended \(history.end)")
                return
            }
        } else {
            #expect(history.end == .completed)
        }
    }

    @Test func higherAccuraciesAreBetter() throws {
        struct Rising: Callback {
            mutating func epochEnds(_ run: TrainingRun) {
                run.set("val_accuracy", to: Double(run.epoch))
            }
        }
        let history = try Self.fit(
            epochs: 5, [Rising(), EarlyStopping(monitor: "val_accuracy", patience: 1)]
        ).history
        #expect(history.epochs == 5)
    }

    @Test func namesWhatIsNotMeasured() throws {
        let error = #expect(throws: TrainingError.self) {
            try Self.fit(epochs: 2, [EarlyStopping()])
        }
        #expect(error?.description.contains("'val_loss' is not measured, but loss") == true)
    }

    @Test(arguments: [(false, 1, [1, 2, 3, 4, 5]), (true, 1, [1, 3, 4]), (false, 2, [2, 4])])
    func savesCheckpoints(_ row: (bestOnly: Bool, every: Int, expected: [Int])) throws {
        let curve = Curve(values: [5, 6, 4, 3, 3])
        var saved: [Int] = []
        var last: Model?
        let (model, _) = try Self.fit(
            epochs: 5,
            [
                curve,
                ModelCheckpoint(savesBestOnly: row.bestOnly, every: row.every) { model, epoch in
                    saved.append(epoch)
                    last = model
                },
            ])
        #expect(saved == row.expected)
        // A checkpoint can be trained further: it has the optimizer's state.
        #expect(last?.compilation?.optimizerState.first?.name == "iteration")
        let isLast = row.expected.last == 5
        let same = try #require(last?[weight: "dense/kernel"])
            .isIdentical(to: #require(model[weight: "dense/kernel"]))
        #expect(same == isLast)
    }

    @Test func savesAfterBatchesAndAboveThresholds() throws {
        var batches: [Int] = []
        var best: [Int] = []
        _ = try Self.fit(
            epochs: 3,
            [
                Curve(values: [5, 3, 2]),
                ModelCheckpoint(batches: 4) { _, epoch in batches.append(epoch) },
                ModelCheckpoint(savesBestOnly: true, threshold: 4) { _, epoch in
                    best.append(epoch)
                },
            ])
        // Nine batches, three an epoch.
        #expect(batches == [2, 3])
        #expect(best == [2, 3])
    }

    @Test func swapsAverages() throws {
        let options = OptimizerOptions(average: .init(momentum: 0.5))
        let (shown, plain) = (Weights(), Weights())
        let averaged = try Self.fit(
            epochs: 3, [SwapEMAWeights(), shown], optimizer: .sgd(options: options)
        ).model
        let reference = try Self.fit(
            epochs: 3, [plain], optimizer: .sgd(options: options)
        ).model
        // Callbacks see averages, training goes on from the weights, and in the end both agree.
        #expect(!shown.kernels[0].isIdentical(to: plain.kernels[0]))
        let last = try #require(averaged[weight: "dense/kernel"])
        #expect(last.isIdentical(to: try #require(reference[weight: "dense/kernel"])))
        #expect(last.isIdentical(to: shown.kernels[2]))
        let error = #expect(throws: TrainingError.self) {
            try Self.fit(epochs: 1, [SwapEMAWeights()])
        }
        #expect(error?.description.contains("keeps no averages") == true)
    }

    @Test func appendsToTables() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/log.csv"
            _ = try Self.fit(epochs: 2, [CSVLog(path: path, separator: ";")])
            _ = try Self.fit(epochs: 1, [CSVLog(path: path, separator: ";", appends: true)])
            let lines = String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n")
            #expect(lines.map { $0.split(separator: ";")[0] } == ["epoch", "0", "1", "0"])
        }
    }

    @Test func setsLearningRates() throws {
        let diary = Diary()
        let (model, _) = try Self.fit(
            epochs: 3,
            [LearningRateScheduler { epoch, rate in rate / Double(epoch + 1) }, diary],
            optimizer: .sgd(learningRate: 0.5))
        #expect(diary.rates == [0.5, 0.25, Double(Float(0.25) / 3)])
        // The rate stays with the model, in its configuration and in its state.
        let state = try #require(model.compilation?.optimizerState)
        #expect(state[1].name == "learning_rate")
        #expect(try state[1].value.doubles() == [diary.rates[2]])
    }

    @Test func lowersRatesOnPlateaus() throws {
        let diary = Diary()
        _ = try Self.fit(
            epochs: 7,
            [
                Curve(values: [3, 2, 2, 2, 2, 2, 1]),
                ReduceLearningRateOnPlateau(factor: 0.5, patience: 2, lowestRate: 0.2), diary,
            ], optimizer: .sgd(learningRate: 0.5))
        #expect(diary.rates.map { Float($0) } == [0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2])
    }

    @Test func endsOnNaN() throws {
        let (_, history) = try Self.fit(
            epochs: 30, [TerminateOnNaN()], optimizer: .sgd(learningRate: 1e30))
        #expect(history.epochs < 30)
        guard case .stopped(let reason) = history.end else {
            Issue.record("ended \(history.end)")
            return
        }
        #expect(reason.contains("batch"))
        #expect(history.diagnosis.verdict == .diverged)
    }

    @Test func writesTables() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/log.csv"
            let (_, history) = try Self.fit(epochs: 3, [CSVLog(path: path)])
            let lines = String(decoding: try readFile(path), as: UTF8.self)
                .split(separator: "\n").map(String.init)
            let losses = try #require(history["loss"])
            #expect(lines == ["epoch,loss"] + losses.enumerated().map { "\($0),\($1)" })
            #expect(try directoryContents(directory) == ["log.csv"])
            #expect(throws: FileError.self) {
                try Self.fit(epochs: 1, [CSVLog(path: directory + "/none/log.csv")])
            }
        }
    }

    @Test func callsFunctionsAtEveryPoint() throws {
        var points: [String] = []
        func note(_ name: String) -> FunctionCallback.Function {
            { _ in if points.last != name { points.append(name) } }
        }
        var model = try Sequential {
            Input(1)
            Dense(1)
        }
        try model.fit(
            Self.data(), loss: .meanSquaredError, batchSize: 20, validationSplit: 0.5,
            callbacks: [
                FunctionCallback(
                    onTrainingBegin: note("begin"), onEpochBegin: note("epoch"),
                    onBatchBegin: note("batch"), onBatchEnd: note("batch ends"),
                    onValidationBegin: note("validation"),
                    onValidationEnd: note("validation ends"), onEpochEnd: note("epoch ends"),
                    onTrainingEnd: note("end"))
            ])
        #expect(
            points == [
                "begin", "epoch", "batch", "batch ends", "validation", "validation ends",
                "epoch ends", "end",
            ])
    }

    @Test func callsFunctions() throws {
        var (batches, epochs) = (0, 0)
        let history = try Self.fit(
            epochs: 4,
            [
                FunctionCallback(
                    onBatchEnd: { _ in batches += 1 },
                    onEpochEnd: { run in
                        epochs += 1
                        if run.epoch == 1 { run.stop("enough") }
                    })
            ]
        ).history
        #expect(batches == 6 && epochs == 2)
        #expect(history.end == .stopped("enough"))
    }
}

/// The kernel after each epoch.
private final class Weights: Callback {
    var kernels: [Tensor] = []
    func epochEnds(_ run: TrainingRun) throws {
        kernels.append(try #require(try run.model[weight: "dense/kernel"]))
    }
}
