import SwiftletFiles
import SwiftletGraph
import SwiftletTensor
import SwiftletTraining
import Testing

@Suite struct MetricTests {
    static let cases = RecordedCase.all("metrics") { json in
        let config = json["config"] ?? [:]
        let isKnown =
            (try? Metric(json: ["class_name": json["class_name"] ?? "", "config": config]))
        // Keras's Accuracy of plain labels is not what "accuracy" asks for.
        return isKnown != nil && json["class_name"] != "Accuracy"
    }

    /// Counts of kinds that are there, so that none drops out unnoticed.
    @Test func coversKeras() {
        #expect(Set(Self.cases.map { $0.json["class_name"]?.string ?? "" }).count == 29)
    }

    /// The metric after each of two batches.
    @Test(arguments: cases) func twoBatchesAsKeras(_ row: RecordedCase) throws {
        let metric = try Metric(json: row.object)
        var sums: [Double] = []
        for update in try #require(row.json["updates"]?.array) {
            let tensors = try ["truth", "prediction", "sample_weight"].compactMap {
                try row.recording.tensor(update[$0])?.converted(to: .float32)
            }
            var graph = Graph()
            let inputs = try tensors.enumerated().map {
                try graph.placeholder("\($0)", TensorType($1.shape))
            }
            let statistics = try metric.statistics(
                inputs[0], inputs[1], weights: inputs.count > 2 ? inputs[2] : nil, in: &graph)
            let found = try Program(graph, inputs: inputs, outputs: [statistics]).run(tensors)[0]
            let numbers = try found.doubles()
            sums = sums.isEmpty ? numbers : zip(sums, numbers).map { $0 + $1 }
            let expected = Double(try row.recording.floats(update["result"])[0])
            let result = metric.result(sums)
            #expect(abs(result - expected) <= 3e-6 * max(1, abs(expected)), "\(result)")
        }
    }

    @Test(arguments: [
        ("accuracy", "accuracy"), ("acc", "acc"), ("mae", "mae"), ("MSE", "MSE"),
        ("mean_absolute_error", "mean_absolute_error"), ("AUC", "AUC"), ("auc", "auc"),
        ("top_k_categorical_accuracy", "top_k_categorical_accuracy"), ("rmse", "rmse"),
    ])
    func takesNamesAsTheyAreGiven(_ row: (given: String, name: String)) throws {
        let metric = try Metric(named: row.given)
        #expect(metric.name == row.name)
        #expect(metric.json == .string(row.given))
    }

    @Test func readsKeras2Wrappers() throws {
        let metric = try Metric(json: [
            "class_name": "MeanMetricWrapper",
            "config": ["name": "acc", "dtype": "float32", "fn": "sparse_categorical_accuracy"],
        ])
        #expect(metric.name == "acc")
    }

    @Test(
        arguments: [
            ("unknown", "niceness"),
            (
                "several thresholds",
                ["class_name": "Precision", "config": ["thresholds": [0.1, 0.2]]]
            ),
            ("many labels", ["class_name": "AUC", "config": ["multi_label": true]]),
            ("k of 0", ["class_name": "TopKCategoricalAccuracy", "config": ["k": 0]]),
        ] as [(String, JSON)])
    func refuses(_ row: (name: String, json: JSON)) {
        #expect(throws: TrainingError.self) { try Metric(json: row.json) }
    }
}
