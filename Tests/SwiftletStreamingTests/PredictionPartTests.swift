import Mutation
import SwiftletArchive
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletHDF5
import SwiftletLayers
import SwiftletRuntime
import SwiftletStreaming
import SwiftletTensor
import TestSupport
import Testing

/// Parts of a prediction, joined, are the file of one run over everything, byte for byte.
@Suite struct PredictionPartTests {
    private static let rows = 700

    private static func write(_ directory: String, rows: Int = rows, seed: UInt64 = 1) throws
        -> String
    {
        let path = directory + "/x.npz"
        try NPZ.write(["input_0": StreamedPredictionTests.rows(rows, seed: seed)], to: path)
        return path
    }

    private static func parts(
        _ predictor: Predictor, _ data: String, _ directory: String, count: Int, suffix: String
    ) throws -> [String] {
        try (1...count).map { number in
            let path = "\(directory)/\(number)-\(count).\(suffix)"
            try predictor.predict(
                from: data, to: path,
                StreamOptions(batchSize: 16, shard: Shard(number, of: count)))
            return path
        }
    }

    @Test(arguments: ["npz", "h5", "npy", "csv"])
    func joinedPartsAreOneRun(_ suffix: String) throws {
        try withTemporaryDirectory { directory in
            let data = try Self.write(directory)
            let predictor = try Predictor(StreamedPredictionTests.model())
            for count in [1, 2, 5, 60] {
                let parts = try Self.parts(
                    predictor, data, directory, count: count, suffix: suffix)
                // Any format into any other.
                for kind in ["npz", "h5", "npy", "csv"] {
                    let (whole, joined) = (
                        "\(directory)/whole.\(kind)", "\(directory)/joined.\(kind)"
                    )
                    try predictor.predict(from: data, to: whole, StreamOptions(batchSize: 16))
                    var done = 0
                    let merged = try StreamedPrediction.merge(parts.reversed(), to: joined) {
                        now, total in
                        #expect(now >= done && total == Self.rows)
                        done = now
                    }
                    #expect(done == Self.rows)
                    #expect(merged.rows == 0..<Self.rows && !merged.isMixed)
                    #expect(merged.outputs.map(\.shape) == [[Self.rows, 3]])
                    try #expect(readFile(joined) == readFile(whole), "\(count) into \(kind)")
                }
            }
        }
    }

    /// Numbers of words looked up: answers are texts.
    private static func speaking() throws -> Model {
        let lookup: JSON = [
            "module": "keras.layers", "class_name": "StringLookup", "registered_name": nil,
            "config": [
                "name": "words", "invert": true, "num_oov_indices": 1,
                "vocabulary": ["one", "zwölf", "a hundred and seven"],
            ],
        ]
        return try Model([
            Input(shape: [1], dtype: .int64, name: "number"),
            LayerRegistry.standard.layer(from: lookup),
        ])
    }

    private static func branching() throws -> Model {
        let x = Input(2, name: "x")
        var model = try Model(
            inputs: [x], outputs: [Dense(3, name: "a")(x), Dense(1, name: "b")(x)])
        try model.initialize(seed: 4)
        return model
    }

    @Test(arguments: ["npz", "h5"])
    func textsAndSeveralOutputs(_ suffix: String) throws {
        for (model, width) in [(try Self.speaking(), 1), (try Self.branching(), 2)] {
            let predictor = try Predictor(model)
            try withTemporaryDirectory { directory in
                let data = directory + "/x.npz"
                let numbers = (0..<90 * width as Range<Int>).map { Float($0 * 37 % 5) }
                try NPZ.write(["x": Tensor(numbers, shape: [90, width])], to: data)
                let parts = try Self.parts(predictor, data, directory, count: 4, suffix: suffix)
                let (whole, joined) = ("\(directory)/w.\(suffix)", "\(directory)/j.\(suffix)")
                try predictor.predict(from: data, to: whole, StreamOptions(batchSize: 16))
                let merged = try StreamedPrediction.merge(parts, to: joined)
                #expect(merged.outputs.map(\.name) == (0..<width).map { "output_\($0)" })
                try #expect(readFile(joined) == readFile(whole))
            }
        }
    }

    @Test func partsThatDoNotBelongTogetherAreRefused() throws {
        try withTemporaryDirectory { directory in
            let data = try Self.write(directory)
            let output = directory + "/all.npz"
            func part(
                _ shard: String?, _ name: String, units: Int = 3, data path: String? = nil,
                batchSize: Int = 16
            ) throws -> String {
                let part = "\(directory)/\(name).npz"
                try Predictor(StreamedPredictionTests.model(outputs: units)).predict(
                    from: path ?? data, to: part,
                    StreamOptions(batchSize: batchSize, shard: shard.flatMap { Shard($0) }))
                return part
            }
            func refusal(_ paths: String...) -> String {
                let error = #expect(throws: (any Error).self) {
                    try StreamedPrediction.merge(paths, to: output)
                }
                #expect(PathKind(output) == .missing)
                return "\(error.map { "\($0)" } ?? "")".replacing(directory + "/", with: "")
            }
            let (one, two) = (try part("1/3", "one"), try part("2/3", "two"))
            let three = try part("3/3", "three")
            #expect(refusal(one, three) == "one.npz: shard 2 of 3 missing beside it")
            #expect(
                refusal(one, two, try part("2/3", "again"), three)
                    == "again.npz: shard 2/3 is in two.npz too")
            #expect(
                refusal(one, two, try part("3/4", "fourth"))
                    == "fourth.npz: shard 3/4, but one.npz is shard 1/3")
            #expect(
                refusal(one, two, try part("3/3", "other", units: 4))
                    == "other.npz: not of the same prediction as one.npz: the models' layers or weights "
                    + "are others or have changed")
            #expect(
                refusal(one, two, try part("3/3", "wide", batchSize: 8))
                    == "wide.npz: not of the same prediction as one.npz: batch_size is 16 there and 8 here"
            )
            #expect(
                refusal(one, two, try part(nil, "alone"))
                    == "alone.npz: no part of a prediction: alone.npz.shard, which predict --shard "
                    + "writes beside it, is missing")
            #expect(refusal(one, "\(directory)/none.npz") == "none.npz: no such file")
            let copy = directory + "/copy"
            try createDirectory(copy)
            let set = try Self.write(copy, seed: 8)
            #expect(
                refusal(one, two, try part("3/3", "set", data: set))
                    == "set.npz: not of the same prediction as one.npz: the inputs are others or have "
                    + "changed")
            // A file that is not the one described.
            try AtomicFile.write(readFile(three), to: two)
            #expect(
                refusal(one, two, three).hasPrefix("two.npz: output_0: float32 [240, 3] expected"))
            let (first, second) = (try part("1/3", "first"), try part("2/3", "second"))
            let values = try NPZ(second).read("output_0").floats().map { $0 + 1 }
            try NPZ.write(["output_0": Tensor(values, shape: [240, 3])], to: second)
            #expect(
                refusal(first, second, three)
                    == "second.npz: output_0 is not what second.npz.shard describes: other values")
        }
    }

    /// Every byte of a part and of its description in turn another one: refused, or of no consequence.
    @Test(arguments: ["npz", "h5", "csv"])
    func damageIsFound(_ suffix: String) throws {
        try withTemporaryDirectory { directory in
            let data = try Self.write(directory, rows: 60)
            let predictor = try Predictor(StreamedPredictionTests.model())
            let parts = try Self.parts(predictor, data, directory, count: 2, suffix: suffix)
            let joined = directory + "/joined.npz"
            try StreamedPrediction.merge(parts, to: joined)
            let expected = try readFile(joined)
            for path in [parts[1], parts[1] + ".shard"] {
                let bytes = try readFile(path)
                for place in stride(from: 0, to: bytes.count, by: 13) {
                    var damaged = bytes
                    damaged[place] ^= UInt8(1 << (place % 8))
                    try AtomicFile.write(damaged, to: path)
                    guard (try? StreamedPrediction.merge(parts, to: joined)) != nil else {
                        continue
                    }
                    if try readFile(joined) != expected {
                        Issue.record("byte \(place) of \(path) changes the answers unnoticed")
                    }
                }
                try AtomicFile.write(Array(bytes.dropLast(10)), to: path)
                #expect(throws: (any Error).self) {
                    try StreamedPrediction.merge(parts, to: joined)
                }
                try AtomicFile.write(bytes, to: path)
            }
            try StreamedPrediction.merge(parts, to: joined)
        }
    }

    /// Sound JSON that tells something else.
    @Test func whatDescriptionsMayNotSay() throws {
        try withTemporaryDirectory { directory in
            let data = try Self.write(directory, rows: 60)
            let predictor = try Predictor(StreamedPredictionTests.model())
            let joined = directory + "/joined.npz"
            var random = SeededRandom(seed: 11)
            for count in [1, 2] {
                let parts = try Self.parts(
                    predictor, data, directory, count: count, suffix: "npz")
                try StreamedPrediction.merge(parts, to: joined)
                let expected = try readFile(joined)
                let place = parts[0] + ".shard"
                let known = try JSON(parsing: readFile(place))
                for _ in 0..<300 {
                    let told = known.mutated(using: &random)
                    try AtomicFile.write(told.text(), to: place)
                    guard (try? StreamedPrediction.merge(parts, to: joined)) != nil else {
                        continue
                    }
                    if try readFile(joined) != expected { Issue.record("\(told.text())") }
                }
            }
        }
    }
}
