import SwiftletDataset
import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// Breaks a training off as a crash does: nobody is told.
private struct Crash: Callback, Error {
    let after: Int
    var batches = 0
    init(after: Int) { self.after = after }
    mutating func batchEnds(_ run: TrainingRun) throws {
        batches += 1
        if batches > after { throw self }
    }
    var job: String? { nil }
}

/// What remains of a training.
private struct Result: Equatable {
    let history: String
    let log: String
    let weights: [String: [Float]]
    let optimizer: [[Float]]

    init(_ model: Model, _ history: History, log: String) throws {
        self.history = history.json.text()
        self.log = log
        weights = try model.tensors.mapValues { try $0.floats() }
        optimizer = try (model.compilation?.optimizerState ?? []).map { try $0.value.floats() }
    }
}

@Suite struct ResumeTests {
    /// Noise that can only be learned by heart: the validation loss soon rises.
    private static func data(seed: UInt64 = 1) throws -> Dataset {
        let random = CounterRandom(seed: seed)
        let x = try Tensor((0..<52 * 6).map { random.normal(at: $0) }, shape: [52, 6])
        let y = try Tensor((0..<52).map { Int32(random.bits(at: 9999 + $0) % 3) }, shape: [52])
        return try Dataset(x: x, y: y)
    }

    private static func model(units: Int = 8, optimizer: Optimizer? = nil) throws -> Model {
        var model = try Sequential {
            Input(6)
            Dense(units, activation: .relu)
            BatchNormalization()
            GaussianNoise(0.1)
            Dropout(0.4)
            Dense(3, activation: .softmax)
        }
        model.compile(
            TrainingSetup(
                optimizer: optimizer ?? .adam(learningRate: 0.05),
                loss: .sparseCategoricalCrossentropy, metrics: [.accuracy]))
        return model
    }

    private static func callbacks(_ directory: String) -> [any Callback] {
        [
            EarlyStopping(patience: 4, restoresBestWeights: true),
            ReduceLearningRateOnPlateau(factor: 0.5, patience: 1),
            LearningRateScheduler { epoch, rate in epoch == 3 ? rate * 0.9 : rate },
            ModelCheckpoint(savesBestOnly: true) { _, _ in }, CSVLog(path: directory + "/log.csv"),
        ]
    }

    private static func fit(
        _ start: Model, in directory: String, isResumable: Bool = true, crash: Int? = nil,
        data: Dataset? = nil, callbacks: [any Callback]? = nil,
        isStopRequested: @escaping () -> Bool = { false },
        change: (inout FitOptions) -> Void = { _ in }
    ) throws -> Result {
        var model = start
        var options = FitOptions(
            epochs: 12, batchSize: 8, validationSplit: 0.25, seed: 5, threads: 1)
        if isResumable {
            options.backup = TrainingBackup(directory + "/state", everySeconds: 0)
        }
        change(&options)
        let crashes = crash.map { [Crash(after: $0)] } ?? []
        let history = try model.fit(
            data ?? Self.data(), options: options,
            callbacks: (callbacks ?? Self.callbacks(directory)) + crashes,
            isStopRequested: isStopRequested)
        let log = directory + "/log.csv"
        return try Result(
            model, history,
            log: PathKind(log) == .regular ? String(decoding: readFile(log), as: UTF8.self) : "")
    }

    private static func optimizer(_ name: String) throws -> Optimizer {
        let averages = OptimizerOptions(average: .init(momentum: 0.9))
        var scaled = Optimizer.adam(learningRate: 0.02)
        scaled.dynamicLossScale = DynamicLossScale(initial: 64, growthSteps: 7)
        return switch name {
        case "scaled loss": scaled
        case "adam": .adam(learningRate: 0.05)
        case "averages", "swapped averages": .adam(learningRate: 0.05, options: averages)
        case "accumulated":
            .sgd(learningRate: 0.1, momentum: 0.9, options: .init(accumulationSteps: 3))
        case "schedule":
            .rmsprop(learningRate: .exponentialDecay(initial: 0.02, steps: 10, rate: 0.9))
        case "adafactor": try .adafactor(learningRate: 0.02)
        case "muon": try .muon(learningRate: 0.02)
        default: try Optimizer(named: name)
        }
    }

    @Test(
        "crashes do not change the result",
        arguments: [
            "adam", "averages", "swapped averages", "accumulated", "nadam", "schedule", "lamb",
            "adafactor", "muon", "ftrl", "scaled loss",
        ])
    func crashes(_ name: String) throws {
        let own: [any Callback] = name == "swapped averages" ? [SwapEMAWeights()] : []
        let model = try Self.model(optimizer: Self.optimizer(name))
        let whole = try withTemporaryDirectory {
            try Self.fit(
                model, in: $0, isResumable: false, callbacks: own + Self.callbacks($0))
        }
        for seed in 0..<3 as Range<UInt64> {
            try withTemporaryDirectory { directory in
                let random = CounterRandom(seed: seed)
                var crashes = 0
                var result: Result?
                while result == nil {
                    let after = crashes < 20 ? Int(random.bits(at: crashes) % 6) : .max
                    do {
                        result = try Self.fit(
                            model, in: directory, crash: after,
                            callbacks: own + Self.callbacks(directory))
                    } catch is Crash {
                        crashes += 1
                    }
                }
                #expect(crashes > 5)
                #expect(result == whole)
                #expect(PathKind(directory + "/state") == .missing)
            }
        }
    }

    /// The files of an earlier process go on; what came after its last state is written once more.
    @Test func eventFilesGoOn() throws {
        func sizes(_ crash: Int?) throws -> [String: [Int]] {
            try withTemporaryDirectory { directory in
                let events = directory + "/events"
                func fit(_ crash: Int?) throws {
                    let board = TensorBoard(directory: events, batchSteps: 1)
                    _ = try Self.fit(Self.model(), in: directory, crash: crash, callbacks: [board])
                }
                if let crash { #expect(throws: Crash.self) { try fit(crash) } }
                try fit(nil)
                var result: [String: [Int]] = [:]
                for part in ["train", "validation"] {
                    let folder = "\(events)/\(part)"
                    result[part] = try directoryContents(folder).map {
                        try readFile("\(folder)/\($0)").count
                    }
                }
                return result
            }
        }
        let whole = try sizes(nil)
        #expect(whole["train"]?.count == 1)
        #expect(try sizes(17) == whole)
    }

    @Test func goesOnAfterAStop() throws {
        let model = try Self.model()
        let whole = try withTemporaryDirectory {
            try Self.fit(model, in: $0, isResumable: false)
        }
        for limit in [1, 7, 11, 12, 25] {
            try withTemporaryDirectory { directory in
                var asked = 0
                let part = try Self.fit(
                    model, in: directory,
                    isStopRequested: {
                        asked += 1
                        return asked > limit
                    }, change: { $0.backup?.seconds = 1000 })
                #expect(part.history.contains("interrupted"))
                #expect(PathKind(directory + "/state") == .regular)
                #expect(try Self.fit(model, in: directory) == whole)
            }
        }
    }

    /// What stateful layers go on from is part of the state, a validation that was broken off is not.
    @Test func statesGoOn() throws {
        var model = try Sequential {
            Input(6)
            Reshape(3, 2)
            LSTM(4, isStateful: true)
            Dense(3, activation: .softmax)
        }
        model.compile(try #require(try Self.model().trainingSetup()))
        func fit(
            _ directory: String, isResumable: Bool = true, crash: Int? = nil, stop: Int = .max
        ) throws -> Result {
            var asked = 0
            return try Self.fit(
                model, in: directory, isResumable: isResumable, crash: crash, callbacks: [],
                isStopRequested: {
                    asked += 1
                    return asked > stop
                },
                change: {
                    // 39 samples to learn from and 13 others.
                    ($0.batchSize, $0.epochs) = (13, 5)
                })
        }
        let whole = try withTemporaryDirectory { try fit($0, isResumable: false) }
        for crash in [1, 2, 3, 4] {
            try withTemporaryDirectory { directory in
                for _ in 0..<3 {
                    #expect(throws: Crash.self) { try fit(directory, crash: crash) }
                }
                let resumed = try fit(directory)
                #expect(resumed == whole)
            }
        }
        for stop in 1...10 {
            try withTemporaryDirectory { directory in
                _ = try fit(directory, stop: stop)
                let resumed = try fit(directory)
                #expect(resumed == whole)
            }
        }
    }

    @Test func longerJobsGoOn() throws {
        let model = try Self.model()
        try withTemporaryDirectory { directory in
            func fit(_ epochs: Int, resumable: Bool) throws -> Result {
                try Self.fit(
                    model, in: directory, isResumable: resumable, callbacks: [],
                    change: {
                        $0.epochs = epochs
                        $0.backup?.isRemovedAtEnd = false
                    })
            }
            let short = try fit(3, resumable: true)
            // The end once more.
            #expect(try fit(3, resumable: true) == short)
            #expect(try fit(7, resumable: true) == fit(7, resumable: false))
            #expect(throws: TrainingError.self) { try fit(4, resumable: true) }
        }
    }

    @Test func anotherJobIsRefused() throws {
        let model = try Self.model()
        try withTemporaryDirectory { directory in
            func refusal(
                _ start: Model, data: Dataset? = nil, callbacks: [any Callback]? = nil,
                _ change: (inout FitOptions) -> Void = { _ in }
            ) -> String {
                do {
                    _ = try Self.fit(
                        start, in: directory, data: data, callbacks: callbacks, change: change)
                    return "none"
                } catch {
                    return "\(error)"
                }
            }
            #expect(throws: Crash.self) { try Self.fit(model, in: directory, crash: 9) }
            let mark = "\(directory)/state: the state of another job: "
            let rows: [(String, String)] = [
                (refusal(model) { $0.batchSize = 4 }, "batch size is 8 there and 4 here"),
                (refusal(model) { $0.seed = 6 }, "the model's first weights are others"),
                (refusal(model) { $0.shuffles = false }, "shuffle is true there and false here"),
                (refusal(model) { $0.classWeights = [1: 2] }, "class weights is none there"),
                (refusal(try Self.model(units: 9)), "the model's layers are others"),
                (refusal(try Self.model(optimizer: .sgd())), "optimizer is {"),
                (refusal(model, data: try Self.data(seed: 2)), "the training data are others"),
                (refusal(model, callbacks: []), "callbacks is ["),
            ]
            for (found, wanted) in rows {
                #expect(found.hasPrefix(mark + wanted), "\(found)")
                #expect(found.hasSuffix("; delete it to begin anew"))
            }
        }
    }

    @Test func damageIsFound() throws {
        let model = try Self.model()
        try withTemporaryDirectory { directory in
            #expect(throws: Crash.self) { try Self.fit(model, in: directory, crash: 9) }
            let path = directory + "/state"
            let whole = try readFile(path)
            func check(_ bytes: [UInt8]) throws {
                try AtomicFile.write(bytes, to: path)
                #expect(throws: TrainingError.self) { try Self.fit(model, in: directory) }
            }
            for length in stride(from: 0, to: whole.count, by: 97) {
                try check(Array(whole[..<length]))
            }
            for place in stride(from: 3, to: whole.count, by: 61) {
                var bytes = whole
                bytes[place] ^= 0x20
                try check(bytes)
            }
        }
    }
}
