import SwiftletFiles
import SwiftletScores
import SwiftletTensor
import Testing

@Suite struct RegressionTests {
    static let cases = ScoreCase.all(in: "regression")

    @Test func fixturesAreThere() { #expect(Self.cases.count > 15) }

    @Test("as scikit-learn, SciPy and the closed forms", arguments: cases)
    func reference(_ row: ScoreCase) throws {
        var scores = RegressionScores(predictors: row.json["predictors"]?.int)
        try scores.update(
            truth: row.required("truth"), predicted: row.required("predicted"),
            weights: row.tensor("weights"))
        try row.check(scores.results())
    }

    @Test("merged parts are the whole", arguments: cases)
    func merging(_ row: ScoreCase) throws {
        let truth = try row.required("truth")
        let predicted = try row.required("predicted")
        let weights = try row.tensor("weights")
        var whole = RegressionScores()
        try whole.update(truth: truth, predicted: predicted, weights: weights)
        let expected = try whole.results().scores
        for seed in 0..<3 as Range<UInt64> {
            let ends = cuts(of: truth.shape[0], seed: seed)
            let truths = try truth.split(at: ends)
            let predictions = try predicted.split(at: ends)
            let weightParts = try weights?.split(at: ends)
            var states = [RegressionScores](repeating: RegressionScores(), count: 2)
            for part in truths.indices {
                try states[part % 2].update(
                    truth: truths[part], predicted: predictions[part],
                    weights: weightParts?[part])
            }
            try states[1].merge(states[0])
            let merged = try states[1].results(workers: Workers(count: 2)).scores
            for (name, value) in expected {
                let found = try #require(merged[name])
                #expect(found.json.isClose(to: value.json, relative: 1e-12), "\(name)")
            }
        }
    }

    @Test func valuesBeyondTheRangeAreInfinite() throws {
        var scores = RegressionScores()
        try scores.update(truth: Tensor([-1e200, 1]), predicted: Tensor([1e200, 2]))
        #expect(try scores.results().scores["mse"]?.json == "inf")
        #expect(try scores.results()["mse"] == .infinity)
    }

    @Test(
        "refused in one line",
        arguments: [
            ("truth[1]: a finite number needed, nan found", [1, Double.nan], [1, 2.0]),
            ("predicted[0]: a finite number needed, inf found", [1, 2], [.infinity, 2]),
            ("truth has 2 rows, predicted has 3", [1, 2], [1, 2, 3]),
            ("no samples to score", [], []),
        ])
    func refusal(_ message: String, _ truth: [Double], _ predicted: [Double]) {
        let error = #expect(throws: ScoreError.self) {
            var scores = RegressionScores()
            try scores.update(truth: Tensor(truth), predicted: Tensor(predicted))
            _ = try scores.results()
        }
        #expect(error?.description == message)
    }

    @Test func differentWidthsAreRefused() throws {
        var scores = RegressionScores()
        let column = try Tensor([1, 2] as [Float], shape: [2, 1])
        let row = try Tensor([1, 2] as [Float], shape: [1, 2])
        try scores.update(truth: column, predicted: column)
        #expect(throws: ScoreError.self) { try scores.update(truth: row, predicted: row) }
        #expect(throws: ScoreError.self) {
            try scores.update(truth: column, predicted: row.reshaped(to: [2, 1, 1]).rows(0..<1))
        }
    }
}
