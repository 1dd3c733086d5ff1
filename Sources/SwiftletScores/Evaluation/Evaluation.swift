public import SwiftletDataset
internal import SwiftletLayers
public import SwiftletRuntime
package import SwiftletTensor

/// What a model was made for, and hence how its answers are scored.
public enum ScoreTask: String, Sendable, CaseIterable {
    case classification, regression
}

/// How answers are scored.
package struct Scoring: Sendable {
    package var task: ScoreTask
    /// Of a classification.
    package var reading = ClassificationReading()
    package var convention: ScoreConvention?
    /// Inputs of a regression model, for `adjusted_r2`.
    package var predictors: Int?
    /// Whether a ``Comparison`` will follow.
    package var keepsRows = false

    package init(_ task: ScoreTask) { self.task = task }
}

/// Answers to samples, scored.
package enum Evaluation: Sendable {
    case classification(ClassificationScores)
    case regression(RegressionScores)

    package init(
        _ scoring: Scoring, truth: Tensor, predicted: Tensor, weights: Tensor?
    ) throws(ScoreError) {
        switch scoring.task {
        case .classification:
            var scores = ClassificationScores(
                reading: scoring.reading, convention: scoring.convention,
                keepsRows: scoring.keepsRows)
            try scores.update(truth: truth, predicted: predicted, weights: weights)
            self = .classification(scores)
        case .regression:
            var scores = RegressionScores(
                predictors: scoring.predictors, convention: scoring.convention)
            try scores.update(truth: truth, predicted: predicted, weights: weights)
            self = .regression(scores)
        }
    }

    /// - Throws: ``ScoreError/empty`` or ``ScoreError/noWeight`` where nothing can be scored.
    package func requireSamples() throws(ScoreError) {
        let (samples, weight) =
            switch self {
            case .classification(let scores): (scores.samples, scores.weight.value)
            case .regression(let scores): (scores.samples, scores.weight.value)
            }
        guard samples > 0 else { throw .empty }
        guard weight > 0 else { throw .noWeight }
    }

    package func results(
        workers: Workers, confidence: Confidence?
    ) throws(ScoreError) -> ScoreReport {
        switch self {
        case .classification(let scores):
            try scores.results(workers: workers, confidence: confidence)
        case .regression(let scores):
            try scores.results(workers: workers, confidence: confidence)
        }
    }
}

extension Predictor {
    /// Scores the model's predictions for samples that it has not seen.
    ///
    /// ```swift
    /// let scores = try predictor.evaluate(digits.test, task: .classification)
    /// print(scores["accuracy"]!, scores.intervals["accuracy"]!)
    /// ```
    ///
    /// A classifier that was compiled with a loss `from_logits` gets its sigmoid or softmax here.
    ///
    /// - Parameters:
    ///   - output: which of the model's outputs, from 0.
    ///   - confidence: how the scores' intervals are found; nil for none.
    /// - Throws: ``ScoreError``, or ``ModelError`` if the samples do not fit the model.
    public func evaluate(
        _ data: Dataset, task: ScoreTask, output: Int = 0, batchSize: Int = 32,
        confidence: Confidence? = Confidence()
    ) throws -> ScoreReport {
        try evaluation(of: data, Scoring(task), output: output, batchSize: batchSize)
            .results(workers: Workers(), confidence: confidence)
    }

    /// - Parameter progress: called with the number of samples that are done, after every batch.
    package func evaluation(
        of data: Dataset, _ scoring: Scoring, output: Int = 0, batchSize: Int = 32,
        progress: ((Int) -> Void)? = nil
    ) throws -> Evaluation {
        let names = model.inputNames
        let isNamed = names.allSatisfy { data.inputs[$0] != nil }
        let inputs = isNamed ? names.compactMap { data.inputs[$0] } : data.inputs.tensors
        let outputs = try predict(inputs, batchSize: batchSize, progress: progress)
        guard outputs.indices.contains(output), data.targets.indices.contains(output) else {
            throw ModelError.structure(
                "output \(output) of \(outputs.count), with \(data.targets.count) targets")
        }
        let predicted = outputs[output]
        var scoring = scoring
        scoring.reading = model.reading(
            scoring.reading, output: output, columns: predicted.shape.last ?? 1)
        return try Evaluation(
            scoring, truth: data.targets[output].tensor, predicted: predicted,
            weights: data.sampleWeights)
    }
}
