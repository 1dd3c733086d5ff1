import SwiftletFiles
import SwiftletKeras
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import TestSupport
import Testing

/// Files with layers that have learned; see `tools/make-vocabulary-files`.
@Suite struct VocabularyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        let inputs: [JSON]
        /// Nil where the file has lost what was learned.
        let outputs: [JSON]?
        var testDescription: String { file }

        static let all: [Row] = {
            let index = try? JSON(parsing: readFile(fixture("vocabularies/index.json")))
            return (index?["files"]?.array ?? []).map { row in
                Row(
                    file: row["file"]?.string ?? "", inputs: row["inputs"]?.array ?? [],
                    outputs: row["outputs"]?.array)
            }
        }()
    }

    private func tensor(_ json: JSON) throws -> Tensor {
        let shape = try Shape((json["shape"]?.array ?? []).compactMap(\.int))
        let values = try #require(json["values"]?.array)
        let dtype = try #require(json["dtype"]?.string.flatMap(DType.init))
        if dtype == .string {
            return try Tensor(strings: values.compactMap(\.string), shape: shape)
        }
        return try Tensor(values.compactMap(\.double), shape: shape).converted(to: dtype)
    }

    @Test func tableIsThere() { #expect(Row.all.count == 8) }

    @Test(arguments: Row.all.filter { $0.outputs != nil })
    func predictsWithWhatWasLearned(_ row: Row) throws {
        let model = try Model(contentsOf: fixture("vocabularies/\(row.file)"))
        try expect(model, row)
        // What was learned goes into every kind of file.
        try withTemporaryDirectory { directory in
            for name in ["again.keras", "again.h5"] {
                try model.save(to: directory + "/" + name)
                try expect(Model(contentsOf: directory + "/" + name), row)
            }
        }
    }

    private func expect(_ model: Model, _ row: Row) throws {
        let found = try Predictor(model).predict(row.inputs.map(tensor))
        let wanted = try #require(row.outputs).map(tensor)
        #expect(found.map(\.shape) == wanted.map(\.shape))
        for (a, b) in zip(found, wanted) {
            for (x, y) in zip(try a.doubles(), try b.doubles()) { #expect(abs(x - y) < 1e-5) }
        }
    }

    @Test(arguments: Row.all.filter { $0.outputs == nil })
    func refusesWhatWasLost(_ row: Row) throws {
        let error = #expect(throws: KerasFileError.self) {
            try Model(contentsOf: fixture("vocabularies/\(row.file)"))
        }
        let text = "\(try #require(error))"
        #expect(text.contains("the vocabulary is not in the file"), "\(text)")
        #expect(text.contains("words"), "\(text)")
    }

    @Test func batchesDoNotChangeTheLengthOfTexts() throws {
        let model = try Model(contentsOf: fixture("vocabularies/texts-keras3.keras"))
        let texts = try Tensor(
            strings: ["a", "the cat sat on the mat", "", "cat cat", "日本語"], shape: [5, 1])
        let predictor = try Predictor(model)
        let whole = try predictor.predict([texts], batchSize: 5)[0].floats()
        #expect(try predictor.predict([texts], batchSize: 2)[0].floats() == whole)
    }
}
