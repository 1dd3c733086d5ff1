import SwiftletDataset
import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// Two spirals of points, learnt by a small network with all that is random in training.
struct Spirals {
    let data: Dataset

    init(count: Int = 90) throws {
        let random = CounterRandom(seed: 7)
        var (x, y): ([Float], [Float]) = ([], [])
        for sample in 0..<count {
            let label = sample % 2
            let radius = Float(sample) / Float(count)
            let angle = 4 * radius + Float(label) * .pi
            x += [
                radius * angle + 0.1 * random.normal(at: sample),
                angle.truncatingRemainder(dividingBy: 2),
            ]
            y.append(Float(label))
        }
        data = try Dataset(
            x: Tensor(x, shape: [count, 2]), y: Tensor(y, shape: .vector(count)))
    }

    static func model() throws -> Model {
        try Sequential {
            Input(2)
            Dense(16, activation: .relu)
            BatchNormalization()
            Dropout(0.2)
            Dense(1, activation: .sigmoid)
        }
    }
}

@Suite struct FitTests {
    private func trained(
        seed: UInt64 = 1, threads: Int = 1, epochs: Int = 3, shuffle: Bool = true,
        callbacks: [any Callback] = []
    ) throws -> (model: Model, history: History) {
        var model = try Spirals.model()
        let history = try model.fit(
            Spirals().data, loss: .binaryCrossentropy, optimizer: .adam(learningRate: 0.01),
            metrics: [.accuracy], epochs: epochs, batchSize: 16, validationSplit: 0.2,
            shuffle: shuffle, seed: seed, callbacks: callbacks, threads: threads)
        return (model, history)
    }

    private func isIdentical(_ a: Model, _ b: Model) throws -> Bool {
        try a.weightNames().allSatisfy { name in
            guard let x = a[weight: name], let y = b[weight: name] else { return false }
            return x.isIdentical(to: y)
        }
    }

    @Test func numberOfThreadsDoesNotMatter() throws {
        let one = try trained(threads: 1)
        for threads in [2, 3] {
            let more = try trained(threads: threads)
            #expect(try isIdentical(one.model, more.model))
            #expect(one.history.json == more.history.json)
        }
    }

    @Test func seedDecidesEverything() throws {
        let one = try trained(seed: 1).model
        #expect(try isIdentical(one, trained(seed: 1).model))
        #expect(try !isIdentical(one, trained(seed: 2).model))
    }

    /// The order alone makes a difference: weights and dropout are the same.
    @Test func shuffles() throws {
        #expect(try !isIdentical(trained().model, trained(shuffle: false).model))
    }

    @Test func learns() throws {
        let history = try trained(epochs: 40).history
        let losses = try #require(history["loss"])
        #expect(losses.count == 40 && history.epochs == 40)
        #expect(losses[39] < 0.7 * losses[0])
        #expect(
            history.names == ["loss", "accuracy", "val_loss", "val_accuracy"]
                && history.end == .completed)
    }

    /// Two epochs, a pause and two more are four epochs.
    @Test func goesOnWhereItStopped() throws {
        let whole = try trained(epochs: 4).model
        var parts = try trained(epochs: 2).model
        var options = FitOptions(
            epochs: 2, batchSize: 16, validationSplit: 0.2, seed: 1, threads: 1)
        try parts.fit(Spirals().data, options: options)
        #expect(try isIdentical(whole, parts))
        // Without what the optimizer remembers it is another training.
        var forgetful = try trained(epochs: 2).model
        forgetful.compile(try #require(try forgetful.trainingSetup()))
        options.epochs = 2
        try forgetful.fit(Spirals().data, options: options)
        #expect(try !isIdentical(whole, forgetful))
    }

    /// Images get another size in every step; what is learnt does not depend on threads.
    @Test func trainsOnImagesOfRandomSize() throws {
        let random = CounterRandom(seed: 3)
        let count = 12
        let pixels = (0..<count * 8 * 9).map { random.uniform(at: $0) }
        let data = try Dataset(
            x: Tensor(pixels, shape: [count, 8, 9, 1]),
            y: Tensor((0..<count).map { Float($0 % 2) }, shape: .vector(count)))
        func model(_ threads: Int) throws -> (Model, [Double]) {
            let sizes = try ["RandomHeight", "RandomWidth"].map { name in
                try LayerRegistry.standard.layer(from: [
                    "class_name": .string(name), "config": ["factor": 0.4],
                ])
            }
            var model = try Model([
                Input(8, 9, 1), sizes[0], sizes[1], Conv2D(2, kernel: 3, activation: .tanh),
                GlobalAveragePooling2D(), Dense(1),
            ])
            let history = try model.fit(
                data, loss: .meanSquaredError, optimizer: .sgd(learningRate: 0.01), epochs: 5,
                batchSize: 4, seed: 2, threads: threads)
            return (model, history["loss"] ?? [])
        }
        let (first, losses) = try model(1)
        #expect(losses.count == 5 && losses.allSatisfy(\.isFinite))
        #expect(try isIdentical(first, model(2).0))
    }

    /// The same batch again and again, with weights that hardly move: only dropout differs.
    @Test func dropoutDrawsAnew() throws {
        let x = try Tensor(repeating: 1 as Float, shape: [4, 64])
        let data = try Dataset(x: x, y: Tensor(zeros: [4, 1]))
        func losses(seed: UInt64) throws -> [Double] {
            var model = try Sequential {
                Input(64)
                Dropout(0.5)
                Dense(1)
            }
            try model.initialize(seed: 1)
            var losses: [Double] = []
            let recorder = FunctionCallback(onBatchEnd: { losses.append($0.batchLoss) })
            try model.fit(
                data, loss: .meanSquaredError, optimizer: .sgd(learningRate: 1e-12), epochs: 4,
                seed: seed, callbacks: [recorder], threads: 1)
            return losses
        }
        let one = try losses(seed: 1)
        #expect(Set(one).count == 4)
        #expect(try losses(seed: 1) == one)
        #expect(try Set(losses(seed: 2)).isDisjoint(with: one))
    }

    @Test func leavesTheOriginalAlone() throws {
        var model = try Spirals.model()
        try model.initialize(seed: 1)
        let before = model
        try model.fit(
            Spirals().data, loss: .binaryCrossentropy, optimizer: .sgd(), threads: 1)
        let untouched = try #require(before[weight: "dense/kernel"])
        var again = try Spirals.model()
        try again.initialize(seed: 1)
        #expect(untouched.isIdentical(to: try #require(again[weight: "dense/kernel"])))
    }

    /// A frozen network keeps its weights, and batch normalisation in it keeps its statistics.
    @Test func leavesFrozenNetworksAlone() throws {
        var base = try Sequential {
            Input(2)
            Dense(3)
            BatchNormalization()
        }.network
        base.options.name = "base"
        base.isTrainable = false
        var model = try Model([Input(2), base, Dense(1, activation: .sigmoid)])
        try model.initialize(seed: 1)
        let before = model
        try model.fit(
            Spirals().data, loss: .binaryCrossentropy, optimizer: .sgd(), batchSize: 16,
            threads: 1)
        for name in try model.weightNames() {
            let was = try #require(before[weight: name])
            let isSame = was.isIdentical(to: try #require(model[weight: name]))
            #expect(isSame == name.hasPrefix("base/"), "\(name)")
        }
    }

    @Test func weighsSamples() throws {
        let data = try Spirals().data
        let ones = try Tensor(repeating: 1 as Float, shape: .vector(data.count))
        let twos = try Tensor(repeating: 2 as Float, shape: .vector(data.count))
        func loss(_ weights: Tensor?) throws -> Double {
            var model = try Spirals.model()
            try model.initialize(seed: 1)
            model.compile(TrainingSetup(optimizer: .sgd(), loss: .binaryCrossentropy))
            let weighted = try Dataset(
                inputs: data.inputs, targets: data.targets, sampleWeights: weights)
            return try model.evaluate(weighted, threads: 1)[0].value
        }
        let plain = try loss(nil)
        #expect(try abs(loss(ones) - plain) < 1e-6)
        #expect(try abs(loss(twos) - 2 * plain) < 1e-5)
    }

    @Test func stopsWhenAsked() throws {
        var model = try Spirals.model()
        model.compile(TrainingSetup(optimizer: .sgd(), loss: .binaryCrossentropy))
        var asked = 0
        let history = try model.fit(
            Spirals().data, options: FitOptions(epochs: 50, batchSize: 16, threads: 1),
            isStopRequested: {
                asked += 1
                return asked > 8
            })
        #expect(history.end == .interrupted)
        #expect(history.epochs == 1)
        #expect(model.compilation?.optimizerState.first?.name == "iteration")
    }

    /// What data, model and options do not go together, and what is said of it.
    @Test(arguments: [
        ("width", "dense", "[3]"), ("count of inputs", "input", "2 found"),
        ("class numbers", "dense", "target 3 found"), ("text", "input", "text"),
        ("no samples", "input", "no samples"), ("epochs", "epochs", "at least 1"),
        ("split", "", "0 and 1"), ("not compiled", "loss", "not compiled"),
    ])
    func refuses(_ row: (what: String, name: String, text: String)) throws {
        var model = try Sequential {
            Input(2, name: "input")
            Dense(3, activation: .softmax, name: "dense")
        }
        let rows = row.what == "no samples" ? 0 : 4
        let x = try Tensor(zeros: [rows, row.what == "width" ? 3 : 2])
        var inputs: NamedTensors = ["x": x]
        if row.what == "count of inputs" { inputs["z"] = x }
        if row.what == "text" {
            inputs = ["x": try Tensor(strings: Array(repeating: "a", count: 8), shape: [4, 2])]
        }
        let labels = (0..<rows).map { Int32(row.what == "class numbers" ? $0 : 0) }
        let data = try Dataset(inputs: inputs, targets: ["y": Tensor(labels)])
        if row.what != "not compiled" {
            model.compile(
                TrainingSetup(optimizer: .sgd(), loss: .sparseCategoricalCrossentropy))
        }
        let options = FitOptions(
            epochs: row.what == "epochs" ? 0 : 1, validationSplit: row.what == "split" ? 1.5 : 0,
            threads: 1)
        let error = #expect(throws: (any Error).self) { try model.fit(data, options: options) }
        let message = error.map { "\($0)" } ?? ""
        #expect(message.contains(row.text), "\(message)")
        #expect(!message.contains("\n") && message.count < 300)
    }

    @Test func writesHistoryAsJSON() throws {
        let history = try trained(epochs: 2).history
        let json = try JSON(parsing: history.json.text(pretty: false))
        #expect(json["epochs"] == 2)
        #expect(json["history"]?["val_loss"]?.array?.count == 2)
        #expect(json["end"] == "completed")
        #expect(json["diagnosis"]?["verdict"] == "undecided")
    }

    /// Compiled by name or by object, for one output or many: there and back.
    @Test(arguments: RecordedCase.all("histories-models"))
    func compileConfigurationsThereAndBack(_ row: RecordedCase) throws {
        let config = try #require(row.json["compile_config"]?.object)
        let setup = try TrainingSetup(compileConfig: config)
        let again = try TrainingSetup(compileConfig: setup.compileConfig)
        #expect(again.compileConfig == setup.compileConfig)
        #expect(
            setup.compileConfig["optimizer"]?["config"]?["learning_rate"]
                == config["optimizer"]?["config"]?["learning_rate"])
        #expect(setup.compileConfig["loss_weights"] == config["loss_weights"])
        #expect(setup.compileConfig["metrics"] == config["metrics"])
    }

    private func statefulModel() throws -> Model {
        try Model([
            Input(3, 1), LSTM(2, isStateful: true, name: "memory"), Dense(1),
        ])
    }

    @Test func refusesBatchesThatDoNotFitTheStates() throws {
        var model = try statefulModel()
        let data = try Dataset(x: Tensor(zeros: [5, 3, 1]), y: Tensor(zeros: [5, 1]))
        let error = #expect(throws: ModelError.self) {
            try model.fit(data, loss: .meanSquaredError, batchSize: 2)
        }
        #expect(error.map { "\($0)" }?.contains("'memory'") == true)
        try model.fit(data, loss: .meanSquaredError, batchSize: 5)
        #expect(throws: ModelError.self) { try model.evaluate(data, batchSize: 1) }
        model.resetStates()
        _ = try model.evaluate(data, batchSize: 1)
    }

    @Test func refusesStatesInStepsOfOnesOwn() throws {
        var model = try statefulModel()
        try model.initialize()
        let error = #expect(throws: ModelError.self) {
            try CustomTraining([(model, .adam())])
        }
        #expect(error.map { "\($0)" }?.contains("'memory'") == true)
    }
}
