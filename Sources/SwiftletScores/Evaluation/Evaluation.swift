public import SwiftletDataset
internal import SwiftletLayers
public import SwiftletRuntime
internal import SwiftletTensor

/// What a model was made for, and hence how its answers are scored.
public enum ScoreTask: String, Sendable, CaseIterable {
    case classification, regression
}

/// A model's answers to samples, scored.
package enum Evaluation: Sendable {
    case classification(ClassificationScores)
    case regression(RegressionScores)
}

extension Predictor {
    /// Scores the model's predictions for samples that it has not seen.
    ///
    /// ```swift
    /// let scores = try predictor.evaluate(digits.test, task: .classification)
    /// print(scores["accuracy"]!)
    /// ```
    ///
    /// A classifier that was compiled with a loss `from_logits` gets its sigmoid or softmax here.
    ///
    /// - Parameter output: which of the model's outputs, from 0.
    /// - Throws: ``ScoreError``, or ``ModelError`` if the samples do not fit the model.
    public func evaluate(
        _ data: Dataset, task: ScoreTask, output: Int = 0, batchSize: Int = 32
    ) throws -> ScoreReport {
        switch try evaluation(of: data, task: task, output: output, batchSize: batchSize) {
        case .classification(let scores): try scores.results()
        case .regression(let scores): try scores.results()
        }
    }

    /// - Parameter progress: called with the number of samples that are done, after every batch.
    package func evaluation(
        of data: Dataset, task: ScoreTask, output: Int = 0, batchSize: Int = 32,
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
        let truth = data.targets[output].tensor
        switch task {
        case .classification:
            var scores = ClassificationScores()
            let predicted =
                model.givesLogits(output: output)
                ? try probabilities(ofLogits: outputs[output]) : outputs[output]
            try scores.update(truth: truth, predicted: predicted, weights: data.sampleWeights)
            return .classification(scores)
        case .regression:
            var scores = RegressionScores()
            try scores.update(
                truth: truth, predicted: outputs[output], weights: data.sampleWeights)
            return .regression(scores)
        }
    }
}
