import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletHDF5
import SwiftletLayers
import SwiftletRuntime
import SwiftletScores
import SwiftletStreaming
import SwiftletTensor
import TestSupport
import Testing

/// Parts of an evaluation give the scores of one run over everything, bit for bit.
@Suite struct EvaluationStateTests {
    /// A test set and a model for it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let task: ScoreTask
        var kind: ClassificationKind?
        let outputs: Int
        var activation: Activation = .softmax
        var isWeighted = false
        var file = "test.npz"
        let truth: @Sendable (CounterRandom, Int) -> [Float]
        var rowShape: [Int] = []
        var dtype: DType = .int32
    }

    static let rows = 700

    static let cases: [Case] = [
        Case(
            testDescription: "binary", task: .classification, outputs: 1, activation: .sigmoid
        ) { random, row in [random.uniform(at: row) < 0.4 ? 1 : 0] },
        Case(
            testDescription: "multiclass, weights", task: .classification, outputs: 4,
            isWeighted: true
        ) { random, row in [(random.uniform(at: row) * 4).rounded(.down)] },
        Case(
            testDescription: "one-hot", task: .classification, outputs: 3,
            truth: { random, row in
                let label = Int(random.uniform(at: row) * 3)
                return (0..<3).map { $0 == label ? 1 : 0 }
            }, rowShape: [3], dtype: .float32),
        Case(
            testDescription: "multilabel", task: .classification, outputs: 3, activation: .sigmoid,
            truth: { random, row in
                (0..<3).map { random.uniform(at: 3 * row + $0) < 0.5 ? 1 : 0 }
            }, rowShape: [3], dtype: .uint8),
        Case(
            testDescription: "regression of two, weights", task: .regression, outputs: 2,
            activation: .linear, isWeighted: true,
            truth: { random, row in (0..<2).map { random.normal(at: 2 * row + $0) } },
            rowShape: [2], dtype: .float64),
        Case(
            testDescription: "regression in HDF5", task: .regression, outputs: 1,
            activation: .linear, file: "test.h5",
            truth: { random, row in [random.normal(at: row)] }, dtype: .float32),
        Case(
            testDescription: "classes in a table", task: .classification, outputs: 5,
            file: "test.csv"
        ) { random, row in [(random.uniform(at: row) * 5).rounded(.down)] },
        // Whole numbers but for one, so that no part can tell what the column is.
        Case(
            testDescription: "measures in a table", task: .regression, outputs: 1,
            activation: .linear, file: "test.csv"
        ) { random, row in [row == 650 ? 0.5 : (random.normal(at: row) * 9).rounded()] },
    ]

    static func predictor(_ outputs: Int, _ activation: Activation, seed: UInt64 = 5) throws
        -> Predictor
    {
        var model = try Sequential {
            Input(6)
            Dense(8, activation: .tanh)
            Dense(outputs, activation: activation)
        }
        try model.initialize(seed: seed)
        return try Predictor(model)
    }

    static func write(_ test: Case, to directory: String) throws -> String {
        let random = CounterRandom(seed: 9)
        let x = try StreamedPredictionTests.rows(rows)
        let y = try Tensor(
            (0..<rows).flatMap { test.truth(random, $0) },
            shape: Shape([rows] + test.rowShape)
        ).converted(to: test.dtype)
        let path = directory + "/" + test.file
        if test.file.hasSuffix(".csv") {
            let cells = try (0..<rows).flatMap { row in
                try x.rows(row..<row + 1).doubles() + [Double(test.truth(random, row)[0])]
            }
            try CSV.write(
                Tensor(cells, shape: Shape([rows, 7])),
                columnNames: ["a", "b", "c", "d", "e", "f", "y"], to: path)
            return path
        }
        var arrays: NamedTensors = ["x": x, "y": y]
        if test.isWeighted {
            arrays["sample_weight"] = try Tensor(
                (0..<rows).map { 0.5 + random.uniform(at: 10_000 + $0) })
        }
        if test.file.hasSuffix(".h5") {
            let named = arrays
            try HDF5Writer.write(to: path) { writer in
                for (name, tensor) in named {
                    try writer.dataset(name, tensor, compression: name == "x" ? 3 : nil)
                }
            }
        } else {
            try NPZ.write(arrays, to: path)
        }
        return path
    }

    @Test(arguments: cases)
    func mergedPartsAreOneRun(_ test: Case) throws {
        try withTemporaryDirectory { directory in
            let data = try Self.write(test, to: directory)
            let predictor = try Self.predictor(test.outputs, test.activation)
            // As before there were parts: everything in memory.
            let loaded = try DataSource.load(
                data, roles: DataRoles(of: predictor.model))
            let confidence = Confidence(resamples: 60, seed: 3)
            let expected = try predictor.evaluate(
                loaded, task: test.task, batchSize: 16, confidence: confidence
            ).json.text()
            var options = StreamOptions(batchSize: 16)
            let whole = try predictor.evaluate(
                from: data, task: test.task, options, confidence: confidence)
            try #expect(whole.results().json.text() == expected)
            for count in [1, 2, 5, 60] {
                var paths: [String] = []
                for number in 1...count {
                    let path = "\(directory)/\(number)-\(count).h5"
                    options.shard = Shard(number, of: count)
                    try predictor.evaluate(
                        from: data, task: test.task, state: path, options, confidence: confidence)
                    paths.append(path)
                }
                let merged = try EvaluationState.merged(paths.reversed())
                #expect(merged.rows == 0..<Self.rows)
                #expect(!merged.isMixed)
                try #expect(merged.results().json.text() == expected)
            }
        }
    }

    @Test func partsThatDoNotBelongTogetherAreRefused() throws {
        try withTemporaryDirectory { directory in
            let test = Self.cases[0]
            let data = try Self.write(test, to: directory)
            func part(
                _ shard: String, _ name: String, model seed: UInt64 = 5, data path: String? = nil,
                task: ScoreTask = .classification, batchSize: Int = 16
            ) throws -> String {
                let path = path ?? data
                let state = "\(directory)/\(name).h5"
                try Self.predictor(test.outputs, test.activation, seed: seed).evaluate(
                    from: path, task: task, state: state,
                    StreamOptions(batchSize: batchSize, shard: Shard(shard)))
                return state
            }
            func refusal(_ paths: String...) throws -> String {
                let error = #expect(throws: StreamError.self) {
                    try EvaluationState.merged(paths)
                }
                return (error?.description ?? "").replacing(directory + "/", with: "")
            }
            let (one, two) = (try part("1/3", "one"), try part("2/3", "two"))
            let three = try part("3/3", "three")
            #expect(try refusal(one, three) == "one.h5: shard 2 of 3 missing beside it")
            #expect(
                try refusal(one, two, try part("2/3", "again"), three)
                    == "again.h5: shard 2/3 is in two.h5 too")
            #expect(
                try refusal(one, two, try part("3/4", "fourth"))
                    == "fourth.h5: shard 3/4, but one.h5 is shard 1/3")
            #expect(
                try refusal(one, two, try part("3/3", "other", model: 6))
                    == "other.h5: not of the same evaluation as one.h5: the models' layers or weights are "
                    + "others or have changed")
            #expect(
                try refusal(one, two, try part("3/3", "wide", batchSize: 8))
                    == "wide.h5: not of the same evaluation as one.h5: batch_size is 16 there and 8 here"
            )
            #expect(
                try refusal(one, two, try part("3/3", "task", task: .regression))
                    .hasPrefix("task.h5: not of the same evaluation as one.h5: scoring is "))
            let copy = directory + "/copy"
            try createDirectory(copy)
            let same = try Self.write(test, to: copy)
            let state = try EvaluationState.merged([one, two, part("3/3", "same", data: same)])
            #expect(state.totalRows == Self.rows)
            try NPZ.write(
                [
                    "x": StreamedPredictionTests.rows(Self.rows, seed: 8),
                    "y": NPZ(same).read("y"),
                ], to: same)
            #expect(
                try refusal(one, two, try part("3/3", "set", data: same))
                    == "set.h5: not of the same evaluation as one.h5: the test sets are others or have "
                    + "changed")
        }
    }

    /// Every byte of a state file in turn another one: refused, or of no consequence.
    @Test func damageIsFound() throws {
        try withTemporaryDirectory { directory in
            let data = try Self.write(Self.cases[0], to: directory)
            let path = directory + "/s.h5"
            try Self.predictor(1, .sigmoid).evaluate(
                from: data, task: .classification, state: path, confidence: nil)
            let expected = try EvaluationState(contentsOf: path).results().json.text()
            let bytes = try readFile(path)
            for place in stride(from: 0, to: bytes.count, by: 31) {
                var damaged = bytes
                damaged[place] ^= 0xff
                try AtomicFile.write(damaged, to: path)
                guard let state = try? EvaluationState(contentsOf: path),
                    let report = try? state.results()
                else { continue }
                if report.json.text() != expected {
                    Issue.record("byte \(place) changes the scores unnoticed")
                }
            }
            try AtomicFile.write(Array(bytes.dropLast(100)), to: path)
            #expect(throws: (any Error).self) { try EvaluationState(contentsOf: path) }
            try HDF5Writer.write(to: path) { try $0.dataset("truth", Tensor([1])) }
            let error = #expect(throws: StreamError.self) {
                try EvaluationState(contentsOf: path)
            }
            #expect(error?.cause == "no state file of an evaluation")
        }
    }
}
