import SwiftletData
import SwiftletFiles
import SwiftletKeras
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import TestSupport
import Testing

/// Files of real releases of Keras since 2016; see `tools/make-release-fixtures`.
@Suite struct ReleaseTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        let weights: String?
        let reference: String
        var testDescription: String { file }

        static let all: [Row] = {
            let index = try? JSON(parsing: readFile(fixture("releases/index.json")))
            return (index?["files"]?.array ?? []).compactMap { row in
                guard let file = row["file"]?.string, let reference = row["reference"]?.string
                else { return nil }
                return Row(file: file, weights: row["weights_file"]?.string, reference: reference)
            }
        }()
    }

    @Test func everyEraIsThere() {
        #expect(Row.all.count == 34)
        for start in [
            "keras-0.", "keras-1.", "keras-2.", "keras-3.", "tensorflow-1.", "tensorflow-2.",
        ] {
            #expect(Row.all.contains { $0.file.hasPrefix(start) })
        }
    }

    @Test(arguments: Row.all)
    func predictsAsThatReleaseDid(_ row: Row) throws {
        let model = try Model(
            contentsOf: fixture("releases/\(row.file)"),
            weights: row.weights.map { fixture("releases/\($0)") })
        try expect(model, row)
        try withTemporaryDirectory { directory in
            try model.save(to: directory + "/again.h5")
            try expect(Model(contentsOf: directory + "/again.h5"), row)
        }
    }

    /// All first moments stood before all second ones, and third ones that Adam had no use for.
    @Test(arguments: ["keras-2.2.4-trained.h5", "keras-2.3.1-trained.h5"])
    func formerAdamIsInTodaysOrder(_ file: String) throws {
        let model = try Model(contentsOf: fixture("releases/\(file)"))
        let state = try #require(model.compilation).optimizerState.map(\.value)
        let slots = state.filter { $0.rank > 0 }
        #expect(slots.map(\.shape.dimensions) == [[3, 2], [3, 2], [2], [2]])
        #expect(try state.first?.doubles() == [1])
        // After one step the moments are a tenth of the gradient and a thousandth of its square.
        for (first, second) in [(slots[0], slots[1]), (slots[2], slots[3])] {
            for (m, v) in zip(try first.floats(), try second.floats()) {
                #expect(abs(m * m * 0.1 - v) <= 1e-4 * v + 1e-12)
            }
        }
    }

    private func expect(_ model: Model, _ row: Row) throws {
        let arrays = try NPZ.read(fixture("releases/\(row.reference)"))
        let inputs = arrays.filter { $0.name.hasPrefix("input_") }.map(\.tensor)
        let wanted = arrays.filter { $0.name.hasPrefix("output_") }.map(\.tensor)
        let outputs = try Predictor(model).predict(inputs)
        #expect(outputs.count == wanted.count)
        for (output, expected) in zip(outputs, wanted) {
            #expect(output.shape == expected.shape)
            for (a, b) in zip(try output.floats(), try expected.floats()) {
                #expect(abs(a - b) <= 1e-5 * (1 + abs(b)))
            }
        }
    }
}

/// What files of older versions hold that is refused, and the words of the refusal.
@Suite struct EraRefusalTests {
    private func message(_ json: JSON) throws -> String {
        try withTemporaryDirectory { directory in
            let path = directory + "/model.json"
            try AtomicFile.write(json.text(), to: path)
            let error = #expect(throws: KerasFileError.self) { try Model.trainable(path) }
            return error?.description ?? ""
        }
    }

    private func keras1(_ className: String, _ config: JSONObject, version: String = "1.2.2")
        -> JSON
    {
        var config = config
        config["name"] = "culprit"
        config["batch_input_shape"] = [nil, 6, 6, 2]
        return [
            "class_name": "Sequential", "keras_version": .string(version),
            "config": [["class_name": .string(className), "config": .object(config)]],
        ]
    }

    @Test func refusalsOfKeras1NameLayerClassAndCause() throws {
        for (json, words) in [
            (keras1("SReLU", [:]), ["SReLU", "Keras 1 only"]),
            (keras1("ParametricSoftplus", [:]), ["ParametricSoftplus"]),
            (keras1("LRN", [:]), ["LRN", "custom"]),
            (keras1("BatchNormalization", ["mode": 2]), ["BatchNormalization", "mode 2"]),
            (keras1("BatchNormalization", ["mode": 1]), ["BatchNormalization", "mode 1"]),
            (
                keras1("BatchNormalization", ["mode": 0], version: "1.0.3"),
                ["BatchNormalization", "deviations"]
            ),
            (keras1("Merge", ["mode": "4wAAAA==", "mode_type": "lambda"]), ["Merge", "code"]),
            (keras1("Merge", ["mode": "woven"]), ["Merge", "woven"]),
            (keras1("Lambda", ["function": "4wAAAA=="]), ["Lambda", "not run"]),
            (
                keras1(
                    "Dense", ["output_dim": 2, "W_regularizer": ["name": "EigenvalueRegularizer"]]),
                ["Dense", "EigenvalueRegularizer"]
            ),
            (
                keras1("Dense", ["output_dim": 2, "W_constraint": ["name": "Odd"]]),
                ["Dense", "Odd"]
            ),
        ] as [(JSON, [String])] {
            let text = try message(json)
            for word in words + ["culprit"] { #expect(text.contains(word), "\(text)") }
        }
        #expect(
            try message(["class_name": "Graph", "config": [:], "keras_version": "1.0.0"])
                .contains("Graph"))
    }

    @Test func poolingOfTheanoIsRefusedWhereItDiffers() throws {
        let pooling: JSON = [
            "class_name": "Sequential", "keras_version": "2.1.6", "backend": "theano",
            "config": [
                [
                    "class_name": "MaxPooling2D",
                    "config": [
                        "name": "culprit", "pool_size": [2, 2], "strides": [2, 2],
                        "padding": "same", "batch_input_shape": [nil, 6, 6, 2],
                    ],
                ]
            ],
        ]
        let text = try message(pooling)
        for word in ["culprit", "MaxPooling2D", "Theano"] { #expect(text.contains(word)) }
    }

    @Test func classesOfOthersStayUnknown() throws {
        func sequential(_ layer: JSON) -> JSON {
            [
                "class_name": "Sequential", "module": "keras", "registered_name": nil,
                "config": ["name": "s", "layers": [layer], "build_input_shape": [nil, 3]],
            ]
        }
        let dense: JSON = ["name": "culprit", "units": 2, "trainable": true]
        let text = try message(
            sequential([
                "class_name": "Dense", "module": "mine", "registered_name": "Mine>Dense",
                "config": dense,
            ]))
        for word in ["culprit", "Mine>Dense"] { #expect(text.contains(word), "\(text)") }
        #expect(
            try message([
                "class_name": "Net", "module": "mine", "registered_name": "Net", "config": [:],
            ]).contains("class Net, which is Python code"))
    }

    /// Custom classes that came with published models and mean one thing only.
    @Test func knownCustomClassesAreRead() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/model.json"
            let json: JSON = [
                "class_name": "Sequential", "keras_version": "2.4.0",
                "config": [
                    "name": "s",
                    "layers": [
                        [
                            "class_name": "Custom>FixedDropout",
                            "config": [
                                "name": "drop", "rate": 0.2, "noise_shape": [nil, 1, 1, 1],
                                "batch_input_shape": [nil, 2, 2, 3],
                            ],
                        ],
                        ["class_name": "Swish", "config": ["name": "act", "beta": 1.0]],
                        [
                            "class_name": "Activation",
                            "config": ["name": "six", "activation": "relu6"],
                        ],
                    ],
                ],
            ]
            try AtomicFile.write(json.text(), to: path)
            let model = try Model.trainable(path).model
            let x = try Tensor([Float](repeating: 8, count: 12), shape: Shape([1, 2, 2, 3]))
            let y = try Predictor(model).predict([x])[0].floats()
            #expect(y.allSatisfy { $0 == 6 })
        }
    }
}
