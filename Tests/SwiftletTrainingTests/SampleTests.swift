import SwiftletData
import SwiftletDataset
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// Which samples a training sees, and how much they count.
@Suite struct SampleTests {
    private static func labelled(_ labels: [Int32]) throws -> Dataset {
        let random = CounterRandom(seed: 4)
        let x = try Tensor(
            (0..<labels.count * 3).map { random.normal(at: $0) }, shape: [labels.count, 3])
        return try Dataset(x: x, y: Tensor(labels))
    }

    private static func model() throws -> Model {
        var model = try Sequential {
            Input(3)
            Dense(4, activation: .relu)
            Dropout(0.2)
            Dense(3, activation: .softmax)
        }
        model.compile(
            TrainingSetup(
                optimizer: .adam(), loss: .sparseCategoricalCrossentropy, metrics: [.accuracy]))
        return model
    }

    /// scikit-learn's compute_class_weight("balanced"): n / (classes · count).
    @Test func balancedWeights() throws {
        let data = try Self.labelled([0, 0, 0, 0, 0, 0, 2, 2, 2, 1])
        #expect(
            try data.balancedClassWeights() == [0: 10.0 / 18, 1: 10.0 / 3, 2: 10.0 / 9])
        #expect(try data.balancedClassWeights(of: [0, 6, 7]) == [0: 1.5, 2: 0.75])
        let rows = try Dataset(
            x: Tensor(zeros: [3, 1]), y: Tensor([1, 0, 0, 1, 1, 0] as [Float], shape: [3, 2]))
        #expect(try rows.balancedClassWeights() == [0: 0.75, 1: 1.5])
    }

    @Test func balancingIsGivingThoseWeights() throws {
        let data = try Self.labelled((0..<40).map { $0 % 8 == 0 ? 1 : $0 % 5 == 0 ? 2 : 0 })
        func weights(_ change: (inout FitOptions) -> Void) throws -> [Float] {
            var (model, options) = (
                try Self.model(), FitOptions(epochs: 2, batchSize: 8, threads: 1)
            )
            change(&options)
            try model.fit(data, options: options)
            return try #require(model[weight: "dense/kernel"]).floats()
        }
        let given = try data.balancedClassWeights()
        let balanced = try weights { $0.balancesClasses = true }
        #expect(try balanced == weights { $0.classWeights = given })
        #expect(try balanced != weights { _ in })
    }

    @Test func stratifiedSamplesKeepTheirShares() throws {
        let data = try Self.labelled((0..<60).map { $0 < 42 ? 0 : $0 < 54 ? 1 : 2 })
        var (model, options) = (try Self.model(), FitOptions(epochs: 1, batchSize: 8, threads: 1))
        options.validationSplit = 0.5
        options.stratifies = true
        var count = 0
        try model.fit(
            data, options: options,
            callbacks: [FunctionCallback(onEpochEnd: { count = $0.sampleCount })])
        #expect(count == 30)
        let folds = try data.folds(6, seed: 1, stratifiedBy: data.y)
        #expect(folds.flatMap(\.self).sorted() == Array(0..<60))
        let labels = try #require(data.y).elements(of: Int32.self)
        for fold in folds {
            #expect(fold.count == 10)
            #expect(fold.count { labels[$0] == 0 } == 7)
            #expect(fold.count { labels[$0] == 1 } == 2)
            #expect(fold.count { labels[$0] == 2 } == 1)
        }
        let parts = try data.folds(7, seed: 1, stratifiedBy: data.y)
        #expect(parts.allSatisfy { (8...9).contains($0.count) })
        #expect(throws: DatasetError.self) { try data.folds(61, seed: 1) }
        #expect(throws: DatasetError.self) { try data.folds(1, seed: 1) }
    }

    /// Each fold is a training on the others, measured on the rest.
    @Test func crossValidationIsTrainingWithoutAPart() throws {
        let data = try Self.labelled((0..<30).map { Int32($0 % 3) })
        let options = FitOptions(epochs: 2, batchSize: 4, seed: 9, threads: 1)
        let result = try Self.model().crossValidate(data, folds: 5, options: options)
        #expect(result.isStratified)
        #expect(result.histories.count == 5)
        #expect(result.scores.map(\.name) == ["loss", "accuracy"])
        let folds = try data.folds(5, seed: 9, stratifiedBy: data.y)
        for (index, fold) in folds.enumerated() {
            var model = try Self.model()
            let others = Array(Set(0..<30).subtracting(fold)).sorted()
            let history = try model.fit(
                data.samples(at: others), options: options, validation: data.samples(at: fold))
            #expect(result.scores[0].values[index] == history["val_loss"]?.last)
            #expect(result.histories[index]["loss"] == history["loss"])
        }
        let losses = result.scores[0].values
        let mean = losses.reduce(0, +) / 5
        let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4
        #expect(abs(result.scores[0].mean - mean) < 1e-12)
        #expect(abs(result.scores[0].deviation - variance.squareRoot()) < 1e-12)
        #expect(result.meanEpochs == 2)
    }

    // MARK: On the disk

    /// Batches that another thread reads from a file are those of memory, to the bit.
    @Test(arguments: [false, true]) func dataOnTheDiskLearnAlike(_ isCompressed: Bool) throws {
        let count = 500
        let random = CounterRandom(seed: 8)
        let pixels = (0..<count * 3).map { UInt8(truncatingIfNeeded: random.bits(at: $0)) }
        try withTemporaryDirectory { directory in
            let path = directory + "/d.npz"
            try NPZ.write(
                [
                    "x": Tensor(pixels, shape: [count, 3]),
                    "y": Tensor((0..<count).map { Int64($0 % 3) }),
                    "sample_weight": Tensor((0..<count).map { Float($0 % 7) }),
                ], to: path, compressed: isCompressed)
            func trained(_ placement: DataPlacement) throws -> [Float] {
                var model = try Self.model()
                try model.fit(
                    DataSource.load(path, placement: placement),
                    options: FitOptions(
                        epochs: 3, batchSize: 16, validationSplit: 0.1, threads: 1))
                return try #require(model[weight: "dense/kernel"]).floats()
            }
            #expect(try trained(.memory) == trained(.disk))
        }
    }

    // MARK: Statistics from data

    @Test func normalizationIsAdaptedToTheTrainingSamples() throws {
        let data = try Self.labelled((0..<40).map { Int32($0 % 3) })
        func model() throws -> Model {
            var model = try Sequential {
                Input(3)
                Rescaling(2, offset: 1)
                Normalization()
                Dense(3, activation: .softmax)
            }
            model.compile(
                TrainingSetup(optimizer: .adam(), loss: .sparseCategoricalCrossentropy))
            return model
        }
        var adapted = try model()
        #expect(try adapted.adapt(to: data) == ["normalization"])
        let x = try data.x.doubles().map { 2 * $0 + 1 }
        let mean = try #require(adapted[weight: "normalization/mean"]).doubles()
        let variance = try #require(adapted[weight: "normalization/variance"]).doubles()
        for feature in 0..<3 {
            let column = stride(from: feature, to: x.count, by: 3).map { x[$0] }
            let wanted = column.reduce(0, +) / 40
            let spread = column.reduce(0) { $0 + ($1 - wanted) * ($1 - wanted) } / 40
            #expect(abs(mean[feature] - wanted) < 1e-5)
            #expect(abs(variance[feature] - spread) < 1e-4)
        }
        #expect(try adapted.adapt(to: data, onlyMissing: true).isEmpty)

        // A fit takes the training part alone, and says so.
        var (fitted, options) = (try model(), FitOptions(validationSplit: 0.5, threads: 1))
        options.adaptsLayers = true
        var names: [String] = []
        try fitted.fit(
            data, options: options,
            callbacks: [FunctionCallback(onBatchEnd: { names = $0.adaptedLayers })])
        #expect(names == ["normalization"])
        var half = try model()
        try half.adapt(to: data, rows: Array(0..<20))
        #expect(
            try fitted[weight: "normalization/mean"]?.floats()
                == half[weight: "normalization/mean"]?.floats())
    }
}
