import SwiftletFiles
import SwiftletGraph
import SwiftletTensor
import SwiftletTraining
import Testing

@Suite struct MetricTests {
    static let cases = RecordedCase.all("metrics")

    /// Counts of kinds that are there, so that none drops out unnoticed.
    @Test func coversKeras() {
        let classes = Set(Self.cases.map { $0.json["class_name"]?.string ?? "" })
        #expect(classes.count == 44)
    }

    /// The metric after each of two batches.
    @Test(arguments: cases) func twoBatchesAsKeras(_ row: RecordedCase) throws {
        var object = row.object
        if row.name == "CosineSimilarity axis 1" {
            // Keras's configuration leaves it out.
            object["config"] = ["axis": 1]
        }
        let metric = try Metric(json: object)
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
            let expected = try row.recording.floats(update["result"])
            let results = metric.results(sums)
            #expect(distance(results.map { Float($0) }, expected) <= 3e-6, "\(results)")
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
            ("thresholds", ["class_name": "Precision", "config": ["thresholds": [0.1, 2]]]),
            ("summation", ["class_name": "AUC", "config": ["summation_method": "guessing"]]),
            ("no number of classes", ["class_name": "MeanIoU", "config": [:]]),
            (
                "no such class",
                [
                    "class_name": "IoU", "config": ["num_classes": 2, "target_class_ids": [2]],
                ]
            ),
            ("no recall", ["class_name": "PrecisionAtRecall", "config": [:]]),
            ("recall 2", ["class_name": "PrecisionAtRecall", "config": ["recall": 2.0]]),
            ("k of 0", ["class_name": "TopKCategoricalAccuracy", "config": ["k": 0]]),
        ] as [(String, JSON)])
    func refuses(_ row: (name: String, json: JSON)) {
        #expect(throws: TrainingError.self) { try Metric(json: row.json) }
    }
}
