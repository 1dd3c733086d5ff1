import SwiftletFiles
import SwiftletHDF5
import SwiftletKeras
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import TestSupport
import Testing

/// Files in the forms of older Keras versions; see `tools/make-era-fixtures`.
@Suite struct EraTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        let weights: String?
        let inputs: [JSON]
        let output: JSON
        var testDescription: String { file }

        static let all: [Row] = {
            let index = try? JSON(parsing: readFile(fixture("eras/index.json")))
            return (index?["files"]?.array ?? []).compactMap { row in
                guard let file = row["file"]?.string, let output = row["output"] else { return nil }
                return Row(
                    file: file, weights: row["weights_file"]?.string,
                    inputs: row["inputs"]?.array ?? [], output: output)
            }
        }()
    }

    private func tensor(_ json: JSON) throws -> Tensor {
        var shape: [Int] = []
        var level = json
        while let elements = level.array {
            shape.append(elements.count)
            level = try #require(elements.first)
        }
        func numbers(_ json: JSON) -> [Float] {
            json.array?.flatMap(numbers) ?? json.double.map { [Float($0)] } ?? []
        }
        return try Tensor(numbers(json), shape: Shape(shape))
    }

    @Test func tableIsThere() { #expect(Row.all.count == 9) }

    @Test(arguments: Row.all)
    func oldFilesPredictAsThen(_ row: Row) throws {
        let model = try Model(
            contentsOf: fixture("eras/\(row.file)"),
            weights: row.weights.map { fixture("eras/\($0)") })
        try expect(model, row)
        // What Keras 2 wrote can be written for Keras 2 again.
        try withTemporaryDirectory { directory in
            try model.save(to: directory + "/again.h5")
            try expect(Model(contentsOf: directory + "/again.h5"), row)
        }
    }

    private func expect(_ model: Model, _ row: Row) throws {
        let output = try Predictor(model).predict(row.inputs.map(tensor))[0]
        let wanted = try tensor(row.output)
        #expect(output.shape == wanted.shape)
        for (a, b) in zip(try output.floats(), try wanted.floats()) {
            #expect(abs(a - b) <= 1e-5 * (1 + abs(b)))
        }
    }

    @Test func oldTrainingInTodaysWords() throws {
        let model = try Model(contentsOf: fixture("eras/old-training.h5"))
        let compilation = try #require(model.compilation)
        let optimizer = try #require(compilation.config["optimizer"])
        #expect(optimizer["class_name"] == "Adam")
        #expect(optimizer["config"]?["lr"] == nil)
        let schedule = optimizer["config"]?["learning_rate"]
        #expect(schedule?["class_name"] == "InverseTimeDecay")
        #expect(schedule?["config"]?["decay_rate"] == 0.5)
        #expect(compilation.config["loss"] == "mse")
        #expect(compilation.config["metrics"] == ["mae"])

        // Two moments for the kernel, then two for the bias; all first ones stood first.
        #expect(
            compilation.optimizerState.map(\.value.shape.dimensions)
                == [[], [3, 2], [3, 2], [2], [2]])
        let file = try HDF5File(fixture("eras/old-training.h5"))
        let stored = try file.root.group("optimizer_weights").attribute("weight_names")?.strings
        #expect(stored?.count == 5)
        let second = try #require(stored?.first { $0.contains("kernel/v") })
        let velocity = try file.root.group("optimizer_weights").dataset(second).read()
        #expect(compilation.optimizerState[2].value.isIdentical(to: velocity))
    }

    /// Keras 2's hard_sigmoid does not exist in Keras 3, and the other way round.
    @Test func whatTheOtherEraLacksIsRefused() throws {
        let old = try Model(contentsOf: fixture("eras/sequential-list.h5"))
        var new = try Sequential {
            Input(3)
            Dense(2, activation: .hardSigmoid, name: "gate")
        }
        try new.initialize()
        try withTemporaryDirectory { directory throws in
            let there = #expect(throws: KerasFileError.self) {
                try old.save(to: directory + "/a.keras")
            }
            #expect(there?.description.contains("hard_sigmoid") == true)
            let back = #expect(throws: KerasFileError.self) {
                try new.save(to: directory + "/a.h5", as: .legacyKeras2)
            }
            #expect(back?.description.contains("layer 'gate'") == true)
            #expect(try directoryContents(directory).isEmpty)
            try new.save(to: directory + "/a.keras")
            try new.save(to: directory + "/a.h5")
            let version = try HDF5File(directory + "/a.h5").root.attribute("keras_version")
            #expect(version?.strings == ["3.15.1"])
            try old.save(to: directory + "/a.h5")
            let oldVersion = try HDF5File(directory + "/a.h5").root.attribute("keras_version")
            #expect(oldVersion?.strings == ["2.15.0"])
        }
    }

    @Test func modelsWithoutWeightsAreNotSaved() throws {
        let model = try Sequential {
            Input(3)
            Dense(2, name: "d")
        }
        try withTemporaryDirectory { directory throws in
            let error = #expect(throws: KerasFileError.self) {
                try model.save(to: directory + "/a.keras")
            }
            #expect(error?.description.contains("d/kernel") == true)
            #expect(throws: KerasFileError.self) { try model.save(to: directory + "/a.xyz") }
            #expect(try directoryContents(directory).isEmpty)
        }
    }
}
