import SwiftletFiles
import SwiftletKeras
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import TestSupport
import Testing

/// Quantized models of releases of Keras 3; see `tools/make-quantized-fixtures`.
@Suite struct QuantizedFileTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let json: JSON
        var testDescription: String { json["file"]?.string ?? "" }

        static let all: [Row] = {
            let index = try? JSON(parsing: readFile(fixture("quantized/index.json")))
            return (index?["files"]?.array ?? []).map(Row.init)
        }()

        func model() throws -> Model {
            try Model(
                contentsOf: fixture("quantized/\(#require(json["file"]?.string))"),
                weights: json["weights_file"]?.string.map { fixture("quantized/\($0)") })
        }

        func expect(_ model: Model) throws {
            let output = try Predictor(model).predict([tensor("inputs")])[0]
            let wanted = try tensor("outputs")
            #expect(output.shape == wanted.shape)
            for (a, b) in zip(try output.floats(), try wanted.floats()) {
                #expect(abs(a - b) <= 1e-5 * (1 + abs(b)), "\(a) for \(b)")
            }
        }

        private func tensor(_ key: String) throws -> Tensor {
            let json = try #require(json[key])
            let values = (json["values"]?.array ?? []).compactMap(\.double).map { Float($0) }
            let shape = try Shape((json["shape"]?.array ?? []).compactMap(\.int))
            let isWhole = json["dtype"]?.string?.hasPrefix("int") == true
            return try Tensor(values, shape: shape).converted(to: isWhole ? .int32 : .float32)
        }
    }

    @Test func everyFormIsThere() {
        #expect(Row.all.count == 18)
        for form in ["3.4.1-int8", "3.11.3-int4", "3.13.2-int4", "float8", "blocks"] {
            #expect(Row.all.contains { $0.testDescription.contains(form) }, "\(form)")
        }
    }

    @Test(arguments: Row.all) func predictsAsThatReleaseDid(_ row: Row) throws {
        try row.expect(row.model())
    }

    /// Written in every format and read again, bytes stay bytes and outputs what they were.
    @Test(arguments: Row.all) func survivesEveryFormat(_ row: Row) throws {
        let model = try row.model()
        try withTemporaryDirectory { directory in
            for name in ["again.keras", "again.h5"] {
                try model.save(to: directory + "/" + name)
                let again = try Model(contentsOf: directory + "/" + name)
                try row.expect(again)
                for (path, tensor) in model.tensors {
                    #expect(again.tensors[path]?.dtype == tensor.dtype, "\(name): \(path)")
                }
            }
            var again = try Model(contentsOf: directory + "/again.keras")
            try model.save(to: directory + "/again.weights.h5")
            for path in again.tensors.keys { again.tensors[path] = nil }
            try again.loadWeights(from: directory + "/again.weights.h5")
            try row.expect(again)
        }
    }

    /// Keras 2 has no such thing.
    @Test func isRefusedForKeras2() throws {
        let row = try #require(Row.all.first { $0.testDescription.contains("int8.keras") })
        let model = try row.model()
        try withTemporaryDirectory { directory in
            let error = #expect(throws: KerasFileError.self) {
                try model.save(to: directory + "/old.h5", as: .legacyKeras2)
            }
            #expect(error?.description.contains("quantization does not exist in Keras 2") == true)
        }
    }

    @Test(arguments: [
        "int8/3_from_float32", "int4/0_from_float32", "int4/x_from_float32", "gptq/5/2_from_x",
        "awq/8/2_from_float32", "gptq/4_from_float32",
    ])
    func refusesPoliciesThatKerasDoesNotHave(_ policy: String) throws {
        let error = #expect(throws: ModelError.self) {
            try LayerRegistry.standard.layer(from: [
                "class_name": "Dense",
                "config": ["name": "culprit", "units": 2, "dtype": .string(policy)],
            ])
        }
        let text = error?.description ?? ""
        #expect(text.contains("culprit") && text.contains(policy), "\(text)")
    }

    /// A change of low rank: the stores hold its sum with the kernel, legacy files all of it.
    @Test func changesOfLowRankAreMergedInStores() throws {
        let layer = try LayerRegistry.standard.layer(from: [
            "class_name": "Dense",
            "config": ["name": "dense", "units": 3, "lora_rank": 2, "lora_alpha": 6],
        ])
        var model = try Model([Input(4), layer])
        try model.initialize(seed: 4)
        let b = try Tensor([1, -2, 3, 0.5, 2, -1] as [Float], shape: [2, 3])
        try model.setWeight("dense/lora_kernel_b", to: b)
        let input = try Tensor([1, 2, -3, 4] as [Float], shape: [1, 4])
        let wanted = try Predictor(model).predict([input])[0].floats()
        let trained = try model.summary().weights.filter(\.isTrainable).map(\.path)
        #expect(trained == ["dense/bias", "dense/lora_kernel_a", "dense/lora_kernel_b"])
        try withTemporaryDirectory { directory in
            for (name, b) in [
                ("m.keras", [Float](repeating: 0, count: 6)), ("m.h5", try b.floats()),
            ] {
                try model.save(to: directory + "/" + name)
                let (again, report) = try Model.opened(directory + "/" + name)
                let found = try Predictor(again).predict([input])[0].floats()
                for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 1e-5, "\(name)") }
                #expect(try again.tensors["dense/lora_kernel_b"]?.floats() == b)
                #expect(report.filled.count == (name == "m.keras" ? 2 : 0))
            }
        }
    }
}
