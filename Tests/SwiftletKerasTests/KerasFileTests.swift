import SwiftletData
import SwiftletFiles
import SwiftletKeras
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import TestSupport
import Testing

/// The files of `fixtures/keras`, which both Kerases wrote, as their index lists them.
struct KerasFixture: Sendable, CustomTestStringConvertible {
    let name, file: String
    let weightsFile: String?
    let reference: String
    let tolerance: Float
    let isCompiled: Bool
    var testDescription: String { name }

    var path: String { fixture("keras/\(file)") }
    var weightsPath: String? { weightsFile.map { fixture("keras/\($0)") } }

    func model() throws -> Model { try Model(contentsOf: path, weights: weightsPath) }

    /// Whether the model's predictions are those of the Keras that wrote it.
    func check(_ model: Model) throws {
        let arrays = try NPZ.read(fixture("keras/\(reference)"))
        let inputs = arrays.filter { $0.name.hasPrefix("input_") }.map(\.tensor)
        let wanted = arrays.filter { $0.name.hasPrefix("output_") }.map(\.tensor)
        let outputs = try Predictor(model).predict(inputs)
        #expect(outputs.count == wanted.count)
        for (output, expected) in zip(outputs, wanted) {
            #expect(output.shape == expected.shape)
            let worst = try zip(output.floats(), expected.floats())
                .map { abs($0 - $1) / (1 + abs($1)) }.max()
            #expect(try #require(worst) <= tolerance)
        }
    }

    static let all: [KerasFixture] = {
        let index = try? JSON(parsing: readFile(fixture("keras/index.json")))
        return (index?["files"]?.array ?? []).compactMap { row in
            guard let name = row["name"]?.string, let file = row["file"]?.string,
                let reference = row["reference"]?.string, let tolerance = row["tolerance"]?.double
            else { return nil }
            return KerasFixture(
                name: name, file: file, weightsFile: row["weights_file"]?.string,
                reference: reference, tolerance: Float(tolerance),
                isCompiled: row["training"] != nil)
        }
    }()
}

@Suite struct KerasFileTests {
    @Test func tableIsThere() { #expect(KerasFixture.all.count == 28) }

    @Test(arguments: KerasFixture.all)
    func opensFromMemory(_ row: KerasFixture) throws {
        var bytes = try readFile(row.path)
        let model = try Model(bytes: bytes.span.bytes, weights: row.weightsPath)
        bytes = []
        try row.check(model)
    }

    @Test func memoryWithoutAModel() throws {
        for (text, cause) in [
            ("", "the file is empty"), ("PK", "zip"), ("{\"weight_map\": {}}", "weights"),
            ("nothing of the kind", "not a Keras file"),
        ] {
            let error = #expect(throws: KerasFileError.self) {
                try Model(bytes: Array(text.utf8).span.bytes, name: "upload")
            }
            #expect(try #require(error).description.hasPrefix("upload: "))
            #expect(try #require(error).description.contains(cause), "\(text)")
        }
    }

    @Test(arguments: KerasFixture.all)
    func predictsAsKeras(_ row: KerasFixture) throws {
        let model = try row.model()
        try row.check(model)
        #expect((model.compilation?.config["optimizer"] != nil) == row.isCompiled)
        #expect((model.compilation?.optimizerState.isEmpty == false) == row.isCompiled)
    }

    @Test(arguments: KerasFixture.all.filter { $0.isCompiled }, KerasFormat.wholeModels)
    func savesAndOpens(_ row: KerasFixture, as format: KerasFormat) throws {
        let model = try row.model()
        try withTemporaryDirectory { directory in
            let path = directory + "/model"
            try model.save(to: path, as: format)
            let again = try Model(contentsOf: path)
            try row.check(again)
            let state = model.compilation?.optimizerState ?? []
            let stateAgain = again.compilation?.optimizerState ?? []
            #expect(state.count >= 2 && state.count == stateAgain.count)
            for (old, new) in zip(state, stateAgain) {
                #expect(old.value.isIdentical(to: new.value), "\(old.name), \(new.name)")
            }
            #expect(
                again.compilation?.config["optimizer"]?["class_name"]
                    == model.compilation?.config["optimizer"]?["class_name"])
        }
    }

    @Test(arguments: KerasFixture.all.filter { $0.isCompiled }, KerasFormat.weightFiles)
    func savesWeightsAlone(_ row: KerasFixture, as format: KerasFormat) throws {
        let model = try row.model()
        try withTemporaryDirectory { directory in
            let (architecture, weights) = (directory + "/model.json", directory + "/weights")
            try model.save(to: architecture)
            try model.save(to: weights, as: format)
            let again = try Model(contentsOf: architecture, weights: weights)
            try row.check(again)
            #expect(again.tensors.count == model.tensors.count)
        }
    }

    /// The two kinds of whole-model files of one Keras hold the same state.
    @Test(arguments: ["cnn", "lstm", "graph"], ["keras2", "keras3"])
    func optimizerStateIsTheSameInBothKinds(_ name: String, _ era: String) throws {
        let states = try ["keras", "h5"].map { suffix in
            try Model(contentsOf: fixture("keras/\(name)-\(era).\(suffix)")).compilation?
                .optimizerState ?? []
        }
        #expect(states[0].count == states[1].count)
        for (a, b) in zip(states[0], states[1]) { #expect(a.value.isIdentical(to: b.value)) }
        #expect(states[0].first?.name == "iteration")
        #expect(states[0].dropFirst().first?.name == "learning_rate")
    }

    @Test func weightsByName() throws {
        var model = try Model(contentsOf: fixture("keras/cnn-keras3.h5"))
        let original = model.tensors
        for (path, tensor) in model.tensors {
            model.tensors[path] = try Tensor(zeros: tensor.shape, dtype: tensor.dtype)
        }
        try model.loadWeights(
            from: fixture("keras/cnn-keras3.h5"), WeightLoading(matching: .name))
        #expect(try model.tensors.allSatisfy { try $1.isIdentical(to: #require(original[$0])) })
    }

    @Test func formatsByName() {
        #expect(KerasFormat(path: "a/m.keras") == .keras)
        #expect(KerasFormat(path: "m.weights.h5") == .weights)
        #expect(KerasFormat(path: "m.H5") == .legacy)
        #expect(KerasFormat(path: "m.hdf5") == .legacy)
        #expect(KerasFormat(path: "m.json") == .architecture)
        #expect(KerasFormat(path: "m.onnx") == nil)
    }
}

extension KerasFormat {
    fileprivate static let wholeModels: [KerasFormat] = [
        .keras, .legacy, .legacyKeras2, .legacyKeras3,
    ]
    fileprivate static let weightFiles: [KerasFormat] = [.weights, .legacyWeights]
}

@Suite struct KerasRefusalTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file, cause: String
        let mentions: [String]
        let architecture: String?
        var testDescription: String { "\(file): \(cause)" }

        static let all: [Row] = {
            let index = try? JSON(parsing: readFile(fixture("keras/hostile/index.json")))
            return (index?["files"]?.array ?? []).compactMap { row in
                guard let file = row["file"]?.string, let cause = row["cause"]?.string else {
                    return nil
                }
                return Row(
                    file: file, cause: cause,
                    mentions: row["mentions"]?.array?.compactMap(\.string) ?? [],
                    architecture: row["architecture"]?.string)
            }
        }()
    }

    @Test(arguments: Row.all)
    func damagedFilesAreRefused(_ row: Row) throws {
        let path = fixture("keras/hostile/\(row.file)")
        let error = #expect(throws: KerasFileError.self) {
            if let architecture = row.architecture {
                _ = try Model(
                    contentsOf: fixture("keras/hostile/\(architecture)"), weights: path)
            } else if row.file.hasSuffix(".json") {
                _ = try Model(
                    contentsOf: path, weights: fixture("keras/hostile/whole.h5"))
            } else {
                _ = try Model(contentsOf: path)
            }
        }
        let message = try #require(error?.description)
        #expect(message.hasPrefix(path + ": "))
        #expect(message.count < 500 && !message.contains("\n"))
        for word in row.mentions { #expect(message.contains(word)) }
    }

    @Test func tableIsThere() { #expect(Row.all.count > 50) }

    @Test func undamagedOriginalsOpen() throws {
        for file in ["whole.h5", "whole.keras"] {
            _ = try Model(contentsOf: fixture("keras/hostile/\(file)"))
        }
    }

    @Test func absentFilesAndForeignNames() throws {
        let absent = #expect(throws: KerasFileError.self) { try Model(contentsOf: "/no/model.h5") }
        #expect(absent?.description == "/no/model.h5: No such file or directory")
        let lone = #expect(throws: KerasFileError.self) {
            try Model(contentsOf: fixture("keras/cnn-keras3.json"))
        }
        #expect(lone?.description.contains("without weights") == true)
        let other = #expect(throws: KerasFileError.self) {
            try Model(
                contentsOf: fixture("keras/cnn-keras3.json"),
                weights: fixture("keras/lstm-keras3.weights.h5"))
        }
        #expect(other?.description.contains("missing") == true)
        #expect(other?.description.contains("not in the model") == true)
    }
}
