import SwiftletArchive
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletHDF5
import SwiftletKeras
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import TestSupport
import Testing

/// One small model in every container and in the files of other frameworks; all must predict what Keras
/// does. See `tools/make-weight-fixtures`.
@Suite struct WeightContainerTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        let weights, mapping: String?
        var testDescription: String { weights ?? file }

        func open(keepingTypes: Bool = false) throws -> (model: Model, report: WeightReport) {
            let loading = WeightLoading(
                mapping: try mapping.map {
                    try WeightMapping(contentsOf: fixture("weights/\($0)"))
                })
            return try Model.opened(
                fixture("weights/\(file)"), weights: weights.map { fixture("weights/\($0)") },
                loading: loading)
        }

        static let all: [Row] = {
            let index = try? JSON(parsing: readFile(fixture("weights/index.json")))
            return (index?["files"]?.array ?? []).compactMap { row in
                row["file"]?.string.map {
                    Row(
                        file: $0, weights: row["weights"]?.string, mapping: row["mapping"]?.string)
                }
            }
        }()
    }

    private static func check(_ model: Model) throws {
        let reference = try NPZ.read(fixture("weights/reference.npz"))
        let input = try #require(reference["input_0"])
        let wanted = try #require(reference["output_0"])
        let output = try Predictor(model)(input)
        #expect(TensorDifference(output, wanted).isWithin(1e-5))
    }

    @Test func tableIsThere() { #expect(Row.all.count == 19) }

    @Test(arguments: Row.all) func predictsAsKeras(_ row: Row) throws {
        let (model, report) = try row.open()
        try Self.check(model)
        #expect(report.isComplete)
        #expect(report.used.count == 12)
        #expect(Set(report.used.map(\.source)).count == 12)
    }

    @Test func ownMetadataIsKept() throws {
        let model = try Model(contentsOf: fixture("weights/recompressed.keras"))
        #expect(model.metadata["labels"] == ["cat", "dog"])
        try withTemporaryDirectory { directory in
            for name in ["a.keras", "a.h5"] {
                try model.save(to: directory + "/" + name)
                let again = try Model(contentsOf: directory + "/" + name)
                #expect(again.metadata == model.metadata)
            }
        }
    }

    @Test(arguments: ["w.safetensors", "w.npz"]) func savesNamedArrays(_ name: String) throws {
        let model = try Model(contentsOf: fixture("weights/model.keras"))
        try withTemporaryDirectory { directory in
            try model.saveWeights(to: directory + "/" + name)
            try Self.check(
                Model(
                    contentsOf: fixture("weights/model.json"), weights: directory + "/" + name))
        }
    }

    @Test func goldenTravelsWithTheWeights() throws {
        let reference = try NPZ.read(fixture("weights/reference.npz"))
        var model = try Model(contentsOf: fixture("weights/model.keras"))
        #expect(model.golden == nil)
        let golden = Golden(
            inputs: [try #require(reference["input_0"])],
            outputs: [try #require(reference["output_0"])], tolerance: 1e-5)
        model.golden = golden
        try withTemporaryDirectory { directory in
            for name in ["a.keras", "a.h5", "a.weights.h5"] {
                let path = directory + "/" + name
                try model.save(to: path)
                var again =
                    name == "a.weights.h5"
                    ? try Model(contentsOf: fixture("weights/model.json"), weights: path)
                    : try Model(contentsOf: path)
                let stored = try #require(again.golden)
                #expect(stored.tolerance == 1e-5)
                #expect(try Predictor(again).agrees(with: stored))
                // A weight that changes makes it void, and it would be found out.
                let bias = try #require(again[weight: "answer/bias"])
                try again.setWeight(
                    "answer/bias", to: Tensor(repeating: 9 as Float, shape: bias.shape))
                #expect(again.golden == nil)
                #expect(try !Predictor(again).agrees(with: stored))
            }
        }
    }

    @Test func typesAreKeptWhereNothingIsComputed() throws {
        let model = try Model(contentsOf: fixture("weights/model.keras"))
        try withTemporaryDirectory { directory in
            var half = model
            let kernel = try #require(model[weight: "conv/kernel"])
            half.tensors["conv/kernel"] = try kernel.converted(to: .float16)
            half.tensors["conv/bias"] = try #require(model[weight: "conv/bias"]).converted(
                to: .float64)
            for name in ["a.keras", "a.h5"] {
                let path = directory + "/" + name
                try half.save(to: path)
                var loading = WeightLoading()
                loading.keepsTypes = true
                let kept = try Model(contentsOf: path, loading: loading)
                #expect(kept[weight: "conv/kernel"]?.dtype == .float16)
                #expect(kept[weight: "conv/bias"]?.dtype == .float64)
                #expect(try Model(contentsOf: path)[weight: "conv/kernel"]?.dtype == .float32)
            }
        }
    }
}

/// Every weight of a file is used once and every weight of the model set, or the file is refused.
@Suite struct WeightAccountTests {
    private static func refusal(_ body: () throws -> Void) throws -> WeightReport {
        let error = #expect(throws: KerasFileError.self) { try body() }
        let message = try #require(error?.description)
        #expect(message.count < 500 && !message.contains("\n"))
        guard case .weights(let report)? = error?.cause else {
            Issue.record("\(message)")
            return WeightReport()
        }
        return report
    }

    /// A weights-only file in Keras 2's form.
    private static func legacy(
        _ layers: [(name: String, weights: [(name: String, shape: Shape)])], extra: String? = nil
    ) throws -> [UInt8] {
        try HDF5Writer.image(named: "w.h5") { writer in
            try writer.names("layer_names", layers.map(\.name), of: "/")
            for layer in layers {
                try writer.group(layer.name)
                try writer.names("weight_names", layer.weights.map(\.name), of: layer.name)
                for weight in layer.weights {
                    try writer.dataset(
                        "\(layer.name)/\(weight.name)",
                        Tensor(repeating: 2 as Float, shape: weight.shape))
                }
            }
            if let extra { try writer.dataset(extra, Tensor(zeros: [2])) }
        }
    }

    private static func model() throws -> Model {
        var model = try Model([
            Input(3), Dense(4, name: "a"), Dense(2, name: "b"),
        ])
        try model.initialize(seed: 1)
        return model
    }

    private static let whole: [(name: String, weights: [(name: String, shape: Shape)])] = [
        ("a", [("a/kernel:0", [3, 4]), ("a/bias:0", [4])]),
        ("b", [("b/kernel:0", [4, 2]), ("b/bias:0", [2])]),
    ]

    private static func loaded(
        _ bytes: [UInt8], _ loading: WeightLoading = WeightLoading()
    ) throws -> (Model, WeightReport) {
        try withTemporaryDirectory { directory in
            try AtomicFile.write(bytes, to: directory + "/w.h5")
            var model = try model()
            let report = try model.loadWeights(from: directory + "/w.h5", loading)
            return (model, report)
        }
    }

    @Test func allOfLegacyIsCounted() throws {
        let (_, report) = try Self.loaded(Self.legacy(Self.whole))
        #expect(
            report.used.map(\.source) == [
                "a/a/kernel:0", "a/a/bias:0", "b/b/kernel:0", "b/b/bias:0",
            ])

        let extra = try Self.refusal {
            _ = try Self.loaded(Self.legacy(Self.whole, extra: "a/more"))
        }
        #expect(extra.unused == ["a/more"])

        let another = Self.whole + [("c", [("c/kernel:0", [2, 2])])]
        let layer = try Self.refusal { _ = try Self.loaded(Self.legacy(another)) }
        #expect(layer.unused == ["c/c/kernel:0"])
        #expect(layer.used.count == 4)

        var shorter = Self.whole
        shorter[1].weights.removeLast()
        let missing = try Self.refusal { _ = try Self.loaded(Self.legacy(shorter)) }
        #expect(missing.missing == ["b/bias"])
        #expect(missing.description.contains("3 of the model's 4 weights found"))

        var twice = Self.whole
        twice[1].weights[1].name = "b/kernel:0"
        #expect(throws: (any Error).self) { try Self.loaded(Self.legacy(twice)) }
    }

    @Test func mismatchesAreSkippedAsInKeras() throws {
        var other = Self.whole
        other[1].weights[0].shape = [4, 3]
        let refused = try Self.refusal { _ = try Self.loaded(Self.legacy(other)) }
        #expect(refused.misshapen.map(\.name) == ["b/kernel"])
        let (model, report) = try Self.loaded(
            Self.legacy(other), WeightLoading(skippingMismatches: true))
        let original = try Self.model()
        #expect(report.warnings.count == 1)
        #expect(report.warnings[0].contains("b/kernel: shape [4, 2] expected, [4, 3] found"))
        #expect(
            try #require(model[weight: "b/kernel"]).isIdentical(
                to: #require(original[weight: "b/kernel"])))
        // Keras goes on with the layer's other weights.
        #expect(try #require(model[weight: "b/bias"]).floats() == [2, 2])
    }

    @Test func layersOfOtherNamesStay() throws {
        let other: [(name: String, weights: [(name: String, shape: Shape)])] = [
            ("a", [("a/kernel:0", [3, 4]), ("a/bias:0", [4])]), ("c", [("c/kernel:0", [9])]),
        ]
        let (model, report) = try Self.loaded(Self.legacy(other), WeightLoading(matching: .name))
        let original = try Self.model()
        #expect(report.used.map(\.name) == ["a/kernel", "a/bias"])
        #expect(report.missing == ["b/kernel", "b/bias"])
        #expect(report.unused == ["c/c/kernel:0"])
        #expect(try #require(model[weight: "a/bias"]).floats() == [2, 2, 2, 2])
        #expect(
            try #require(model[weight: "b/kernel"]).isIdentical(
                to: #require(original[weight: "b/kernel"])))
    }

    @Test func storedWeightsAreCounted() throws {
        let model = try Self.model()
        func image(_ edit: (HDF5Writer) throws -> Void) throws -> [UInt8] {
            try HDF5Writer.image(named: "w.h5") { writer in
                for (layer, shapes) in [("dense", [[3, 4], [4]]), ("dense_1", [[4, 2], [2]])] {
                    for (index, shape) in shapes.enumerated() {
                        try writer.dataset(
                            "layers/\(layer)/vars/\(index)",
                            Tensor(repeating: 2 as Float, shape: Shape(shape)))
                    }
                }
                try edit(writer)
            }
        }
        let plain = try Self.loaded(image { try $0.dataset("optimizer/vars/0", Tensor(zeros: [])) })
        #expect(plain.1.used.count == 4 && plain.1.state == ["optimizer/vars/0"])
        for place in ["layers/dense/vars/2", "layers/dense_2/vars/0", "vars/0", "other/vars/0"] {
            let bytes = try image { try $0.dataset(place, Tensor(zeros: [2])) }
            let report = try Self.refusal { _ = try Self.loaded(bytes) }
            #expect(report.unused == [place])
            let lenient = try Self.loaded(bytes, WeightLoading(skippingMismatches: true)).1
            #expect(lenient.unused.contains(place))
        }
        _ = model
    }

    @Test func listsAreByLayer() throws {
        var other = Self.whole
        other[1].weights[0].shape = [4, 3]
        let report = try Self.refusal { _ = try Self.loaded(Self.legacy(other)) }
        #expect(report.layers.map(\.layer) == ["a", "b"])
        #expect(report.layers[0].used.count == 2)
        #expect(report.layers[1].misshapen.count == 1)
    }

    @Test func valuesThatAreNoNumbersAreFound() throws {
        var model = try Self.model()
        #expect(model.nonFiniteWeights.isEmpty)
        try model.setWeight("a/bias", to: Tensor([0, .nan, 1, 2] as [Float]))
        try model.setWeight("b/bias", to: Tensor([0, -.infinity] as [Float]))
        #expect(model.nonFiniteWeights == ["a/bias", "b/bias"])
    }
}
