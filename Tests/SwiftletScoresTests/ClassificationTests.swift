import SwiftletFiles
import SwiftletScores
import SwiftletTensor
import Testing

@Suite struct ClassificationTests {
    static let cases = ScoreCase.all(in: "classification")

    private func kind(_ row: ScoreCase) -> ClassificationKind? {
        row.json["kind"]?.string.flatMap { ClassificationKind(rawValue: $0) }
    }

    @Test func fixturesAreThere() { #expect(Self.cases.count > 30) }

    @Test("as scikit-learn and the closed forms", arguments: cases)
    func reference(_ row: ScoreCase) throws {
        var scores = ClassificationScores(kind: kind(row))
        try scores.update(
            truth: row.required("truth"), predicted: row.required("predicted"),
            weights: row.tensor("weights"))
        let report = try scores.results()
        #expect(report.kind == row.json["expected_kind"]?.string)
        // scikit-learn takes the logarithm in the type of the probabilities.
        let tolerances: [DType: Double] = [.float16: 1e-3, .float32: 1e-6]
        try row.check(report, relative: tolerances[row.required("predicted").dtype] ?? 1e-9)
    }

    @Test("merged parts are the whole", arguments: cases)
    func merging(_ row: ScoreCase) throws {
        let truth = try row.required("truth")
        let predicted = try row.required("predicted")
        let weights = try row.tensor("weights")
        // What the first part would be taken for alone may differ from the whole.
        let kind =
            predicted.dtype.isFloatingPoint
            ? row.json["expected_kind"]?.string.flatMap { ClassificationKind(rawValue: $0) }
            : self.kind(row)
        var whole = ClassificationScores(kind: kind)
        try whole.update(truth: truth, predicted: predicted, weights: weights)
        let expected = try whole.results().json
        for seed in 0..<3 as Range<UInt64> {
            let ends = cuts(of: truth.shape[0], seed: seed)
            let truths = try truth.split(at: ends)
            let predictions = try predicted.split(at: ends)
            let weightParts = try weights?.split(at: ends)
            var states = [ClassificationScores](
                repeating: ClassificationScores(kind: kind), count: 2)
            for part in truths.indices {
                try states[part % 2].update(
                    truth: truths[part], predicted: predictions[part],
                    weights: weightParts?[part])
            }
            try states[1].merge(states[0])
            let merged = try states[1].results(workers: Workers(count: 2)).json
            let exact = ["confusion_matrix", "support_per_class", "confusion_matrices"]
            for name in exact where weights == nil {
                #expect(merged["scores"]?[name] == expected["scores"]?[name])
            }
            for (name, value) in try #require(expected["scores"]?.object) {
                let found = try #require(merged["scores"]?[name])
                #expect(found.isClose(to: value, relative: 1e-12), "\(name)")
            }
            #expect(merged["samples"] == expected["samples"])
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var kind: ClassificationKind?
        let truth: Tensor
        let predicted: Tensor
        var weights: Tensor?
    }

    static func refusals() throws -> [Refusal] {
        let flags = try Tensor([0, 1, 1] as [Int64])
        let half = try Tensor([0.5, 0.5, 0.5])
        let rows = try Tensor([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], shape: [3, 2])
        return [
            Refusal(
                testDescription: "truth has 3 rows, predicted has 2", truth: flags,
                predicted: try Tensor([0.5, 0.5])),
            Refusal(
                testDescription: "truth has 3 rows, weights has 2", truth: flags, predicted: half,
                weights: try Tensor([1.0, 1])),
            Refusal(
                testDescription: "predicted[1]: a probability from 0 to 1 needed, nan found",
                truth: flags, predicted: try Tensor([0.5, .nan, 2])),
            Refusal(
                testDescription: "predicted[2, 0]: a probability from 0 to 1 needed, 1.5 found",
                truth: flags, predicted: try Tensor([0, 1, 0, 1, 1.5, 0], shape: [3, 2])),
            Refusal(
                testDescription: "predicted[0]: a probability from 0 to 1 needed, -inf found",
                truth: flags, predicted: try Tensor([-Float.infinity, 0, 1])),
            Refusal(
                testDescription: "truth[2]: a class from 0 to 1 needed, 2.0 found",
                truth: try Tensor([0, 1, 2] as [Int32]), predicted: rows),
            Refusal(
                testDescription: "truth[0]: a class from 0 to 1 needed, -1.0 found",
                truth: try Tensor([-1, 1, 0] as [Int8]), predicted: rows),
            Refusal(
                testDescription: "truth[1]: a class from 0 to 1 needed, 0.5 found",
                truth: try Tensor([1, 0.5, 0] as [Float]), predicted: rows),
            Refusal(
                testDescription: "truth[0]: 0 or 1 needed, 2.0 found",
                truth: try Tensor([2, 1, 0] as [UInt8]), predicted: half),
            Refusal(
                testDescription:
                    "predicted[0]: a class from 0 to 8191 needed, 1000000000000.0 found",
                truth: flags, predicted: try Tensor([1_000_000_000_000, 1, 0] as [Int64])),
            Refusal(
                testDescription: "predicted[1]: 0 or 1 needed, 2.0 found", kind: .binary,
                truth: flags, predicted: try Tensor([0, 2, 0] as [Int32])),
            Refusal(
                testDescription: "truth[1, 0]: 0 or 1 needed, 3.0 found",
                truth: try Tensor([0, 1, 3, 1, 0, 1] as [Int32], shape: [3, 2]), predicted: rows),
            Refusal(
                testDescription:
                    "truth[1]: exactly one 1 needed, as in the rows before "
                    + "(or the kind multilabel)", kind: .multiclass,
                truth: try Tensor([0, 1, 1, 1, 0, 1] as [Int32], shape: [3, 2]), predicted: rows),
            Refusal(
                testDescription: "predicted: shape [3] (binary) needed, [3, 2] found",
                kind: .binary, truth: flags, predicted: rows),
            Refusal(
                testDescription: "weights[2]: a finite number from 0 needed, -1.0 found",
                truth: flags, predicted: half, weights: try Tensor([1.0, 1, -1])),
            Refusal(
                testDescription: "weights[0]: a finite number from 0 needed, nan found",
                truth: flags, predicted: half, weights: try Tensor([Float.nan, 1, 1])),
            Refusal(
                testDescription: "weights: every sample weighs 0", truth: flags, predicted: half,
                weights: try Tensor([0, 0, 0] as [Int32])),
            Refusal(
                testDescription: "truth: numbers needed, string found",
                truth: try Tensor(strings: ["a", "b", "c"], shape: [3]), predicted: half),
            Refusal(
                testDescription: "predicted: shape [N] or [N, columns] needed, [3, 1, 1] found",
                truth: flags, predicted: try half.reshaped(to: [3, 1, 1])),
            Refusal(
                testDescription: "no samples to score", truth: try Tensor([] as [Int32]),
                predicted: try Tensor([] as [Float])),
        ]
    }

    @Test("refused in one line", arguments: try refusals())
    func refusal(_ row: Refusal) {
        let error = #expect(throws: ScoreError.self) {
            var scores = ClassificationScores(kind: row.kind)
            try scores.update(truth: row.truth, predicted: row.predicted, weights: row.weights)
            _ = try scores.results()
        }
        #expect(error?.description == row.testDescription)
    }

    @Test func aRefusedBatchLeavesNoTrace() throws {
        var scores = ClassificationScores()
        try scores.update(truth: Tensor([0, 1] as [Int32]), predicted: Tensor([0.25, 0.75]))
        let before = try scores.results().json
        #expect(throws: ScoreError.self) {
            try scores.update(truth: Tensor([0, 1] as [Int32]), predicted: Tensor([0.25, 7]))
        }
        #expect(throws: ScoreError.self) {
            try scores.update(
                truth: Tensor([0, 1] as [Int32]), predicted: Tensor([0, 1] as [Int8]))
        }
        #expect(try scores.results().json == before)
    }

    @Test func theFileHasItsLayout() throws {
        var scores = ClassificationScores()
        try scores.update(truth: Tensor([1, 1] as [Int32]), predicted: Tensor([0.25, 0.75]))
        let report = try scores.results()
        let text = report.json.text()
        #expect(
            text.hasPrefix(
                #"{"task": "classification", "kind": "binary", "samples": 2, "predictions": "#
                    + #""probabilities", "threshold": 0.5, "scores": {"accuracy": 0.5,"#))
        #expect(text.contains(#""confusion_matrix": [[0, 0], [1, 1]]"#))
        #expect(text.contains(#""roc_auc": null"#))
        #expect(report["accuracy"] == 0.5)
        #expect(report["roc_auc"] == nil)
        #expect(report["confusion_matrix"] == nil)
    }

    /// The example in the documentation of scikit-learn's `roc_curve` and
    /// `precision_recall_curve`.
    @Test func thresholdCurves() throws {
        var scores = ClassificationScores()
        try scores.update(
            truth: Tensor([0, 0, 1, 1] as [Int32]), predicted: Tensor([0.1, 0.4, 0.35, 0.8]))
        let curves = scores.thresholdCurves()
        let curve = try #require(curves.first)
        #expect(curves.count == 1)
        #expect(curve.points.map(\.falsePositiveRate) == [0, 0.5, 0.5, 1])
        #expect(curve.points.map(\.truePositiveRate) == [0.5, 0.5, 1, 1])
        let precisions: [Double] = [1, 1 / 2, 2 / 3, 1 / 2]
        #expect(curve.points.map(\.precision) == precisions)
        #expect(curve.areaUnderROC == 0.75)
        #expect(scores.thresholdCurves(resolution: 1).first?.points.count == 2)
    }

    @Test func reliabilityBins() throws {
        var scores = ClassificationScores()
        try scores.update(
            truth: Tensor([0, 1, 1] as [Int32]), predicted: Tensor([0.25, 0.25, 0.75]),
            weights: Tensor([1.0, 3, 2]))
        #expect(scores.reliability.map(\.weight) == [4, 2])
        #expect(scores.reliability.map(\.correct) == [0.75, 1])
        #expect(scores.reliability.map(\.confidence) == [0.25, 0.75])
    }
}
