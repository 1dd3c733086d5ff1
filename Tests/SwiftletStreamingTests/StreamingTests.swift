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

/// Rows of files through models.
@Suite struct StreamedPredictionTests {
    static func model(_ inputs: Int = 6, outputs: Int = 3) throws -> Model {
        var model = try Sequential {
            Input(inputs)
            Dense(16, activation: .relu)
            Dense(outputs, activation: .softmax)
        }
        try model.initialize(seed: 7)
        return model
    }

    static func rows(_ count: Int, _ width: Int = 6, seed: UInt64 = 1) throws -> Tensor {
        let random = CounterRandom(seed: seed)
        return try Tensor(
            (0..<count * width).map { random.normal(at: $0) }, shape: Shape([count, width]))
    }

    /// The same rows in one kind of file.
    static let kinds = [
        "x.npz", "stored.npz", "wide.npz", "x.npy", "x.h5", "chunked.h5", "x.csv", "header.csv",
    ]

    static func write(_ x: Tensor, _ directory: String, _ kind: String) throws -> String {
        let path = directory + "/" + kind
        switch kind {
        case "x.npz": try NPZ.write(["input_0": x], to: path)
        case "stored.npz": try NPZ.write(["x": x], to: path, compressed: false)
        case "wide.npz":
            // Not the type that the model computes in, though the same numbers.
            try NPZ.write(["x": x.converted(to: .float64)], to: path)
        case "x.npy": try NPY.write(x, to: path)
        case "x.h5": try HDF5Writer.write(to: path) { try $0.dataset("x", x) }
        case "chunked.h5":
            try HDF5Writer.write(to: path) { try $0.dataset("x", x, compression: 4) }
        case "header.csv":
            try CSV.write(x, columnNames: ["a", "b", "c", "d", "e", "f"], to: path)
        default: try CSV.write(x, to: path)
        }
        return path
    }

    @Test(arguments: kinds)
    func answersAreThoseOfAllRowsInMemory(_ kind: String) throws {
        let model = try Self.model()
        let x = try Self.rows(5000)
        let predictor = try Predictor(model)
        let expected = try predictor(x, batchSize: 7)
        try withTemporaryDirectory { directory in
            let path = try Self.write(x, directory, kind)
            for (number, suffix) in ["npz", "npy", "h5", "csv"].enumerated() {
                let output = "\(directory)/out.\(suffix)"
                let written = try predictor.predict(
                    from: path, to: output, StreamOptions(batchSize: 7))
                #expect(written.rows == 0..<5000)
                #expect(written.outputs.map(\.name) == ["output_0"])
                #expect(written.times.rows == 5000)
                let found = try DataSource.loadInputs(output)[0].tensor
                try #expect(found.elements(of: Float.self) == expected.elements(of: Float.self))
                #expect(Array(found.shape) == [5000, 3])
                guard number == 0 else { continue }
                // Parts end where batches end, so that their rows are the same bits.
                var joined: [Float] = []
                for part in 1...4 {
                    let path = try predictor.predict(
                        from: path, to: "\(directory)/part.npz",
                        StreamOptions(batchSize: 7, shard: Shard(part, of: 4)))
                    #expect(path.rows.lowerBound % 7 == 0)
                    joined += try NPZ("\(directory)/part.npz").read("output_0")
                        .elements(of: Float.self)
                }
                try #expect(joined == expected.elements(of: Float.self))
            }
        }
    }

    @Test func severalInputsAndOutputs() throws {
        let a = Input(4, name: "a")
        let b = Input(2, name: "b")
        let both = Concatenate()([a, b])
        var model = try Model(
            inputs: [a, b],
            outputs: [Dense(2, name: "first")(both), Dense(1, name: "second")(both)])
        try model.initialize(seed: 1)
        let (x, y) = (try Self.rows(900, 4), try Self.rows(900, 2, seed: 2))
        let predictor = try Predictor(model)
        let expected = try predictor.predict([x, y])
        try withTemporaryDirectory { directory in
            try NPZ.write(["b": y, "a": x], to: directory + "/in.npz")
            for suffix in ["npz", "h5"] {
                let output = "\(directory)/out.\(suffix)"
                try predictor.predict(from: directory + "/in.npz", to: output)
                let roles = DataRoles(inputs: ["output_0", "output_1"])
                let found = try DataSource.loadInputs(output, roles: roles)
                for (tensor, expected) in zip(found.tensors, expected) {
                    #expect(tensor.shape == expected.shape)
                    try #expect(
                        tensor.elements(of: Float.self) == expected.elements(of: Float.self))
                }
            }
            #expect(throws: DataError.self) {
                try predictor.predict(from: directory + "/in.npz", to: directory + "/out.csv")
            }
        }
    }

    @Test func pictures() throws {
        var model = try Sequential {
            Input(5, 4, 3)
            Conv2D(4, kernel: 3, activation: .relu)
            Flatten()
            Dense(2)
        }
        try model.initialize(seed: 3)
        let predictor = try Predictor(model)
        try withTemporaryDirectory { directory in
            let folder = directory + "/pictures"
            try createDirectory(folder)
            let random = CounterRandom(seed: 4)
            for number in 0..<70 {
                // Every ninth has another size and is resized.
                let (height, width) = number % 9 == 8 ? (7, 9) : (5, 4)
                let count = height * width * 3
                let picture = try Tensor(
                    (0..<count).map { UInt8(random.uniform(at: number * 200 + $0) * 255) },
                    shape: Shape([height, width, 3]))
                try ImageFile.writePNG(
                    picture, to: "\(folder)/\(number < 10 ? "0" : "")\(number).png")
            }
            let x = try DataSource.loadInputs(folder, roles: DataRoles(of: model))[0].tensor
            let expected = try predictor(x)
            let written = try predictor.predict(from: folder, to: directory + "/out.npz")
            #expect(written.rows.count == 70)
            let found = try NPZ(directory + "/out.npz").read("output_0")
            try #expect(found.elements(of: Float.self) == expected.elements(of: Float.self))
        }
    }

    @Test func noRows() throws {
        let predictor = try Predictor(Self.model())
        try withTemporaryDirectory { directory in
            try NPZ.write(
                ["x": Tensor(zeros: [0, 6], dtype: .float32)], to: directory + "/in.npz")
            try predictor.predict(from: directory + "/in.npz", to: directory + "/out.npz")
            let found = try NPZ(directory + "/out.npz").read("output_0")
            #expect(Array(found.shape) == [0, 3])
            // More parts than batches: some of them have no row.
            try NPZ.write(["x": Self.rows(3)], to: directory + "/in.npz")
            let part = try predictor.predict(
                from: directory + "/in.npz", to: directory + "/part.npz",
                StreamOptions(shard: Shard(1, of: 5)))
            #expect(part.rows.isEmpty)
            #expect(part.outputs.map { Array($0.shape) } == [[0, 3]])
        }
    }

    @Test func whatDoesNotFitIsAnError() throws {
        let predictor = try Predictor(Self.model())
        try withTemporaryDirectory { directory in
            try NPZ.write(["x": Self.rows(40, 5)], to: directory + "/narrow.npz")
            #expect(throws: ModelError.self) {
                try predictor.predict(from: directory + "/narrow.npz", to: directory + "/o.npz")
            }
            var lines = (0..<300).map { _ in "1,2,3,4,5,6" }
            lines[250] = "1,2,3,word,5,6"
            try AtomicFile.write(lines.joined(separator: "\n"), to: directory + "/bad.csv")
            let error = #expect(throws: DataError.self) {
                try predictor.predict(
                    from: directory + "/bad.csv", to: directory + "/o.npz",
                    StreamOptions(resumes: true))
            }
            #expect(
                error?.description
                    == "\(directory)/bad.csv: line 251, column 4: 'word' is no number")
            // What was done is kept for the next try…
            #expect(PathKind(directory + "/o.npz.journal") == .regular)
            #expect(PathKind(directory + "/o.npz") == .missing)
            // …which is of other options here.
            let other = #expect(throws: StreamError.self) {
                try predictor.predict(
                    from: directory + "/bad.csv", to: directory + "/o.npz",
                    StreamOptions(batchSize: 16, resumes: true))
            }
            #expect(
                other?.description
                    == "\(directory)/o.npz.journal: the journal of another job: batch_size is 32 "
                    + "there and 16 here; delete it to begin anew")
            try AtomicFile.write("no journal", to: directory + "/o.npz.journal")
            #expect(throws: StreamError.self) {
                try predictor.predict(
                    from: directory + "/bad.csv", to: directory + "/o.npz",
                    StreamOptions(resumes: true))
            }
        }
    }

    /// Cuts a journal anywhere: what is left is used, the output is the same bytes.
    @Test func goesOnFromAnyPlace() throws {
        let predictor = try Predictor(Self.model())
        try withTemporaryDirectory { directory in
            let (input, output) = (directory + "/in.npz", directory + "/out.npz")
            try NPZ.write(["x": Self.rows(20_000)], to: input)
            try predictor.predict(from: input, to: output, StreamOptions(batchSize: 8))
            let whole = try readFile(output)
            // A folder in the place of the output keeps the finished journal.
            try removeFile(output)
            try createDirectory(output)
            #expect(throws: (any Error).self) {
                try predictor.predict(
                    from: input, to: output, StreamOptions(batchSize: 8, resumes: true))
            }
            let journal = try readFile(output + ".journal")
            for end in [
                5, 200, journal.count / 3, journal.count / 2, journal.count - 1, journal.count,
            ] {
                let path = "\(directory)/\(end).npz"
                try AtomicFile.write(Array(journal[..<end]), to: path + ".journal")
                let written = try predictor.predict(
                    from: input, to: path, StreamOptions(batchSize: 8, resumes: true))
                #expect(try readFile(path) == whole)
                #expect(PathKind(path + ".journal") == .missing)
                #expect(written.times.rows == 20_000 ? end < 300 : true)
                if end == journal.count { #expect(written.times.rows == 0) }
            }
        }
    }
}
