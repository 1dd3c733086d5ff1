import SwiftletDataset
import SwiftletFiles
import SwiftletGraph
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// Trainings that several ranks share out.
@Suite struct RankTests {
    /// Every loss, optimizer and layer that Keras's trainings were recorded of; batches that divide
    /// evenly and ones that do not.
    @Test(arguments: HistoryTests.cases + HistoryTests.statefulCases, [2, 3])
    func trainsAsKeras(_ row: RecordedCase, ranks: Int) throws {
        let results = try ThreadRanks.run(ranks) { rank in
            var recorded = try HistoryCase(row)
            recorded.options.communicator = rank
            let history = try recorded.model.fit(recorded.data, options: recorded.options)
            return (recorded, history)
        }
        for (recorded, history) in results {
            try recorded.expectHistory(history)
            try recorded.expectWeightsAfter()
            #expect(try isIdentical(recorded.model, results[0].0.model))
        }
    }

    @Test(arguments: HistoryTests.cases, [2])
    func evaluatesAsKeras(_ row: RecordedCase, ranks: Int) throws {
        let results = try ThreadRanks.run(ranks) { rank in
            var recorded = try HistoryCase(row)
            recorded.model.tensors = try recorded.weightsAfter()
            return try recorded.model.evaluate(
                recorded.data, batchSize: 8, threads: 1, communicator: rank)
        }
        for result in results { try HistoryTests.expectEvaluation(result, row) }
    }

    // MARK: What is random

    private func trained(
        _ ranks: Int, _ model: @escaping @Sendable () throws -> Model, _ data: Dataset,
        loss: Loss = .binaryCrossentropy, batchSize: Int = 16
    ) throws -> [(model: Model, history: History)] {
        try ThreadRanks.run(ranks) { rank in
            var model = try model()
            // Not Adam: where a derivative is zero but for rounding, it makes whole steps of that.
            model.compile(
                TrainingSetup(
                    optimizer: .sgd(learningRate: 0.05, momentum: 0.9), loss: loss,
                    metrics: [.accuracy]))
            var options = FitOptions(
                epochs: 3, batchSize: batchSize, validationSplit: 0.2, seed: 3, threads: 1)
            options.communicator = rank
            let history = try model.fit(data, options: options)
            return (model, history)
        }
    }

    /// Order and dropout are those of one process.
    @Test(arguments: [2, 3, 5]) func randomnessDoesNotDependOnRanks(ranks: Int) throws {
        let data = try Spirals().data
        let one = try trained(1, Spirals.model, data)[0]
        let more = try trained(ranks, Spirals.model, data)
        for rank in more {
            try expectSame(rank.model, one.model)
            #expect(try isIdentical(rank.model, more[0].model))
            #expect(rank.history.json == more[0].history.json)
        }
        #expect(try isIdentical(try trained(ranks, Spirals.model, data)[0].model, more[0].model))
    }

    /// A batch of fewer samples than ranks is computed by every rank.
    @Test func batchesSmallerThanTheRanks() throws {
        let data = try Spirals(count: 20).data
        let one = try trained(1, Spirals.model, data, batchSize: 3)[0]
        let more = try trained(4, Spirals.model, data, batchSize: 3)
        for rank in more { try expectSame(rank.model, one.model) }
    }

    /// Images that are turned, stretched and cut at random, whatever rank they are on.
    @Test func augmentationDoesNotDependOnRanks() throws {
        let random = CounterRandom(seed: 5)
        let count = 24
        let data = try Dataset(
            x: Tensor(
                (0..<count * 64).map { random.normal(at: $0) }, shape: [count, 8, 8, 1]),
            y: Tensor((0..<count).map { Float($0 % 2) }, shape: .vector(count)))
        let model: @Sendable () throws -> Model = {
            try Sequential {
                Input(8, 8, 1)
                RandomFlip()
                RandomRotation(0.2)
                RandomZoom(height: 0.2)
                Conv2D(4, kernel: 3, activation: .relu)
                GaussianNoise(0.1)
                GlobalAveragePooling2D()
                Dense(1, activation: .sigmoid)
            }
        }
        let one = try trained(1, model, data, batchSize: 8)[0]
        let more = try trained(3, model, data, batchSize: 8)
        for rank in more { try expectSame(rank.model, one.model) }
    }

    /// Of n bytes of derivatives 2 n (ranks − 1) / ranks leave each rank, and little else: nothing is
    /// gathered that can be computed in parts.
    @Test(arguments: [2, 4]) func sendsLittleMoreThanDerivatives(ranks: Int) throws {
        let random = CounterRandom(seed: 2)
        let (count, batchSize, epochs) = (64, 16, 2)
        let data = try Dataset(
            x: Tensor((0..<count * 144).map { random.normal(at: $0) }, shape: [count, 12, 12, 1]),
            y: Tensor((0..<count).map { Float($0 % 2) }, shape: .vector(count)))
        let results = try ThreadRanks.run(ranks) { rank in
            var model = try Sequential {
                Input(12, 12, 1)
                Conv2D(16, kernel: 3, activation: .relu)
                BatchNormalization()
                MaxPooling2D()
                Dropout(0.1)
                Reshape(5, 80)
                LSTM(32, returnsSequences: true)
                LayerNormalization()
                Flatten()
                Dense(64, activation: .gelu)
                Dense(1, activation: .sigmoid)
            }
            model.compile(
                TrainingSetup(
                    optimizer: .adam(), loss: .binaryCrossentropy, metrics: [.accuracy]))
            var options = FitOptions(epochs: epochs, batchSize: batchSize, threads: 1)
            options.communicator = rank
            let history = try model.fit(data, options: options)
            let weights = try model.network.shapes().weights.filter { $0.isTrainable }
            return (weights.reduce(0) { $0 + $1.shape.elementCount }, history.communication)
        }
        for (weights, communication) in results {
            let sent = try #require(communication)
            let steps = epochs * count / batchSize
            let derivatives = 2 * 4 * weights * (ranks - 1) / ranks * steps
            #expect(sent.ranks == ranks)
            #expect(sent.bytes >= derivatives && sent.bytes <= derivatives * 11 / 10)
            #expect(sent.messages <= 6 * steps + 2 * epochs)
        }
    }

    // MARK: Ends

    @Test func ranksWithOtherWeightsAreRefused() throws {
        let data = try Spirals().data
        #expect(throws: CommunicationError.self) {
            try ThreadRanks.run(2) { rank in
                var model = try Spirals.model()
                model.compile(TrainingSetup(optimizer: .sgd(), loss: .binaryCrossentropy))
                try model.initialize(seed: UInt64(rank.rank))
                var options = FitOptions(epochs: 1, seed: 1, threads: 1)
                options.communicator = rank
                try model.fit(data, options: options)
            }
        }
    }

    /// All ranks end after the same batch when one is asked to.
    @Test func oneRankStopsAll() throws {
        let data = try Spirals().data
        let ends = try ThreadRanks.run(3) { rank in
            var model = try Spirals.model()
            model.compile(TrainingSetup(optimizer: .sgd(), loss: .binaryCrossentropy))
            var options = FitOptions(epochs: 5, seed: 1, threads: 1)
            options.communicator = rank
            var calls = 0
            let history = try model.fit(data, options: options) {
                calls += 1
                return rank.rank == 1 && calls == 6
            }
            return (model, history.end)
        }
        for (model, end) in ends {
            #expect(end == .interrupted)
            #expect(try isIdentical(model, ends[0].0))
        }
    }

    private func isIdentical(_ a: Model, _ b: Model) throws -> Bool {
        try a.weightNames().allSatisfy { name in
            guard let x = a[weight: name], let y = b[weight: name] else { return false }
            return x.isIdentical(to: y)
        }
    }

    /// Whether weights differ by rounding alone.
    private func expectSame(_ a: Model, _ b: Model) throws {
        for name in try a.weightNames() {
            let (x, y) = (try #require(a[weight: name]), try #require(b[weight: name]))
            let difference = distance(try x.floats(), try y.floats())
            #expect(difference <= 1e-5, "\(name): \(difference)")
        }
    }
}
