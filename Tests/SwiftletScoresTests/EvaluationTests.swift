import Foundation
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletLayers
import SwiftletRuntime
import SwiftletScores
import SwiftletTensor
import TestSupport
import Testing

@Suite struct LeastSquaresTests {
    /// Against scikit-learn's `LinearRegression`, see `tools/make-bundled-data`.
    @Test func diabetes() throws {
        let json = try JSON(parsing: readFile(fixture("bundled.json")))
        let expected = try #require(json["diabetes"]?["least squares"])
        let data = try Diabetes.load(validation: 0, test: 0).train
        let line = try LeastSquares(x: data.x, y: try #require(data.y))
        let coefficients = (expected["coefficients"]?.array ?? []).compactMap(\.double)
        #expect(coefficients.count == 10)
        // The features pass through float32.
        for (found, wanted) in zip(line.coefficients, coefficients) {
            #expect(abs(found - wanted) < 1e-4 * abs(wanted))
        }
        let intercept = try #require(expected["intercept"]?.double)
        #expect(abs(line.intercept - intercept) < 1e-4 * abs(intercept))
    }

    @Test func anExactLineIsFound() throws {
        let x = try Tensor([0, 0, 1, 0, 0, 1, 2, 1, 5, -3] as [Double], shape: [5, 2])
        let y = try Tensor([4, 6, 1, 5, 23] as [Double])  // 4 + 2 a − 3 b
        let line = try LeastSquares(x: x, y: y)
        let answers = try line.predict(x).elements(of: Double.self)
        #expect(try zip(answers, y.elements(of: Double.self)).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(throws: ScoreError.self) {
            try LeastSquares(
                x: Tensor([1, 2, 2, 4, 3, 6] as [Double], shape: [3, 2]), y: Tensor(zeros: [3]))
        }
    }
}

@Suite struct EvaluationTests {
    /// A model that answers with its input.
    private func identity(_ compiled: JSONObject?) throws -> Predictor {
        var model = try Sequential {
            Input(3, name: "x")
            Identity()
        }
        model.compilation = compiled.map { Compilation(config: $0) }
        return try Predictor(model, threads: 1)
    }

    private func data() throws -> Dataset {
        // Softmax of logits log p is p.
        try Dataset(
            x: Tensor(
                [0.5, 0.3, 0.2, 0.1, 0.8, 0.1, 0.2, 0.2, 0.6, 0.4, 0.3, 0.3] as [Float],
                shape: [4, 3]),
            y: Tensor([0, 1, 2, 1] as [Int32]))
    }

    @Test func classificationAndRegression() throws {
        let predictor = try identity(nil)
        let scores = try predictor.evaluate(data(), task: .classification)
        #expect(scores["accuracy"] == 0.75)
        let x = try data().x
        let exact = try Dataset(x: x, y: x)
        #expect(try predictor.evaluate(exact, task: .regression, batchSize: 3)["mse"] == 0)
    }

    @Test(
        "where the loss takes logits",
        arguments: [
            ["loss": ["class_name": "C", "config": ["from_logits": true]]],
            ["loss": [["class_name": "C", "config": ["from_logits": true]]]],
        ] as [JSONObject])
    func logits(_ compiled: JSONObject) throws {
        let data = try data()
        let plain = try identity(nil).evaluate(data, task: .classification)
        let logits = try Dataset(
            x: Tensor(data.x.elements(of: Float.self).map { 7 + log($0) }, shape: [4, 3]),
            y: try #require(data.y))
        let scores = try identity(compiled).evaluate(logits, task: .classification)
        let (found, expected) = (scores["log_loss"], plain["log_loss"])
        #expect(abs(try #require(found) - (try #require(expected))) < 1e-6)
        #expect(throws: ScoreError.self) {
            try identity(nil).evaluate(logits, task: .classification)
        }
    }
}
