import SwiftletFiles
import SwiftletGraph
import SwiftletTensor
import SwiftletTraining
import Testing

@Suite struct LossTests {
    static let cases = RecordedCase.all("losses")

    @Test func coversKeras() {
        let classes = Set(Self.cases.map { $0.json["class_name"]?.string ?? "" })
        // All that Keras has, which has no name for the one that goes by shapes.
        #expect(classes.count == Loss.names.count - 1)
    }

    /// The value and its derivative along the prediction.
    @Test(arguments: cases) func valueAndGradientAsKeras(_ row: RecordedCase) throws {
        let recording = row.recording
        let loss = try Loss(json: row.objectWithOptions)
        var graph = Graph()
        let tensors = [
            try recording.tensor(row.json["truth"])?.converted(to: .float32),
            try recording.tensor(row.json["prediction"]),
            try recording.tensor(row.json["sample_weight"]),
        ].compactMap { $0 }
        let inputs = try tensors.enumerated().map {
            try graph.placeholder("\($0)", TensorType($1.shape))
        }
        let value = try loss.value(
            inputs[0], inputs[1], weights: inputs.count > 2 ? inputs[2] : nil, in: &graph)
        let gradient = try #require(
            try graph.gradients(of: value, withRespectTo: [inputs[1]])[0])
        let results = try Program(graph, inputs: inputs, outputs: [value, gradient]).run(tensors)
        for (result, expected) in zip(results, [row.json["value"], row.json["gradient"]]) {
            let expected = try #require(try recording.tensor(expected))
            #expect(result.shape == expected.shape)
            let difference = distance(try result.floats(), try expected.floats())
            // TensorFlow has lost digits where only paths of e^−700 are left.
            let tolerance = row.name.contains("do not fit") ? 2e-5 : 3e-6
            #expect(difference <= tolerance, "\(difference)")
        }
    }

    @Test(arguments: cases) func configurationsThereAndBack(_ row: RecordedCase) throws {
        let written = try Loss(json: row.object).object
        #expect(written["class_name"] == row.json["class_name"])
        #expect(written["config"] == row.json["config"])
        #expect(written["module"] == "keras.losses")
        let again = try Loss(json: Loss(json: row.object).json).object
        #expect(again["config"] == written["config"])
    }

    @Test(arguments: [
        ("mse", "mean_squared_error"), ("MAE", "mean_absolute_error"),
        ("bce", "binary_crossentropy"), ("KLD", "kl_divergence"), ("logcosh", "log_cosh"),
        ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"),
        ("ce", "crossentropy"),
    ])
    func findsNames(_ row: (given: String, expected: String)) throws {
        #expect(try Loss(named: row.given).name == row.expected)
        let function: JSON = ["class_name": "function", "config": .string(row.given)]
        #expect(try Loss(json: function).name == row.expected)
    }

    @Test func refusesUnknownNames() {
        #expect(throws: TrainingError.unknown(kind: "loss", name: "closeness")) {
            try Loss(named: "closeness")
        }
    }

    /// Padded steps neither count nor dilute the mean.
    @Test func masksPositions() throws {
        var graph = Graph()
        let truth = try graph.placeholder("truth", TensorType([2, 3, 1]))
        let prediction = try graph.placeholder("prediction", TensorType([2, 3, 1]))
        let mask = try graph.placeholder("mask", TensorType([2, 3], .bool))
        let value = try Loss.meanSquaredError.value(truth, prediction, mask: mask, in: &graph)
        let program = try Program(graph, inputs: [truth, prediction, mask], outputs: [value])
        let zeros = try Tensor(zeros: [2, 3, 1])
        let numbers = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3, 1])
        let counts = try Tensor([true, false, false, true, true, false], shape: [2, 3])
        let found = try program.run([zeros, numbers, counts])[0].floats()[0]
        #expect(abs(found - (1 + 16 + 25) / 3) < 1e-5)
        let nothing = try Tensor(repeating: false, shape: [2, 3])
        #expect(try program.run([zeros, numbers, nothing])[0].floats() == [0])
    }

    @Test(arguments: [
        ("another width", Loss.meanSquaredError, [4, 2] as Shape),
        ("another width", .binaryCrossentropy, [4, 2] as Shape),
        ("another width", .categoricalCrossentropy, [4, 2] as Shape),
        ("too many numbers", .sparseCategoricalCrossentropy, [4, 2] as Shape),
    ])
    func refusesShapes(_ row: (name: String, loss: Loss, truth: Shape)) throws {
        var graph = Graph()
        let truth = try graph.placeholder("truth", TensorType(row.truth))
        let prediction = try graph.placeholder("prediction", TensorType([4, 3]))
        #expect(throws: TrainingError.self) {
            try row.loss.value(truth, prediction, in: &graph)
        }
    }
}

extension RecordedCase {
    /// The object with the options that Keras's configuration leaves out, from the case's name.
    fileprivate var objectWithOptions: JSON {
        var object = object
        var config = object["config"]?.object ?? [:]
        if name.contains("delta 0.4") { config["delta"] = 0.4 }
        if name.contains("CosineSimilarity axis 1") { config["axis"] = 1 }
        object["config"] = .object(config)
        return object
    }
}
