public import SwiftletDataset
public import SwiftletFiles
public import SwiftletLayers

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How well a kind of model learns from some data: measured on every part of them by a model that was
/// trained on the others.
public struct CrossValidation: Sendable {
    /// What one name came to over the folds.
    public struct Score: Sendable {
        public let name: String
        /// One per fold.
        public let values: [Double]
        public var mean: Double { values.reduce(0, +) / Double(max(values.count, 1)) }
        /// The sample standard deviation (divisor n − 1) over the folds.
        public var deviation: Double {
            guard values.count > 1 else { return .nan }
            let mean = mean
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return sqrt(squares / Double(values.count - 1))
        }
    }

    /// Loss and metrics on the part held back, with the weights at the end of each training.
    public let scores: [Score]
    /// What each training measured.
    public let histories: [History]
    /// Whether every class has its share in every part.
    public let isStratified: Bool

    /// Epochs after which the weights were taken, on the mean of the folds: for a training on all data
    /// where early stopping has nothing to measure on.
    public var meanEpochs: Int {
        let epochs = histories.map { $0.restoredEpoch ?? $0.epochs }
        return max(1, Int((Double(epochs.reduce(0, +)) / Double(max(epochs.count, 1))).rounded()))
    }

    /// `{"folds": k, "stratified": …, "scores": {"loss": {"mean", "sd", "values": […]}, …},
    /// "histories": […]}`.
    public var json: JSON {
        func number(_ value: Double) -> JSON { value.isFinite ? .double(value) : .null }
        var all = JSONObject()
        for score in scores {
            all[score.name] = [
                "mean": number(score.mean), "sd": number(score.deviation),
                "values": .array(score.values.map(number)),
            ]
        }
        return [
            "folds": .int(histories.count), "stratified": .bool(isStratified),
            "scores": .object(all), "histories": .array(histories.map(\.json)),
        ]
    }
}

extension Model {
    /// Trains a copy of this model on all parts of the data but one, for each part, and measures it on that
    /// one. The model itself stays as it is.
    ///
    /// The parts are drawn by the seed; with a loss of classes every class has its share in each.
    ///
    /// - Parameters:
    ///   - folds: the number of parts.
    ///   - options: `validationSplit` and `backup` are left out of account.
    ///   - callbacks: makes those of a fold, counted from 0.
    /// - Throws: ``TrainingError`` or ``ModelError`` as ``fit(_:options:validation:callbacks:isStopRequested:)``.
    public func crossValidate(
        _ data: Dataset, folds: Int, options: FitOptions = FitOptions(),
        callbacks: (_ fold: Int) -> [any Callback] = { _ in [] },
        isStopRequested: @escaping () -> Bool = { false }
    ) throws -> CrossValidation {
        guard let setup = try trainingSetup() else {
            throw TrainingError.loss("the model is not compiled; give a loss and an optimizer")
        }
        var options = options
        options.backup = nil
        let isStratified =
            try data.targets.count == 1
            && ResolvedSetup(setup, outputs: outputNames).losses.allSatisfy {
                $0?.isOfClasses == true
            }
        let places = try data.folds(
            folds, seed: options.seed, stratifiedBy: isStratified ? data.y : nil)
        var histories: [History] = []
        var scores: [(name: String, values: [Double])] = []
        for fold in 0..<folds where !isStopRequested() {
            var model = self
            var loop = try TrainingLoop(
                &model, setup: setup,
                parts: DataParts(data, fold: fold, of: places, options: options), options: options,
                callbacks: callbacks(fold), isStopRequested: isStopRequested)
            let history = try loop.run().history
            guard history.end != .interrupted else { break }
            histories.append(history)
            for (index, (name, value)) in (try loop.evaluated() ?? []).enumerated() {
                if index == scores.count { scores.append((name, [])) }
                scores[index].values.append(value)
            }
        }
        return CrossValidation(
            scores: scores.map { CrossValidation.Score(name: $0.name, values: $0.values) },
            histories: histories, isStratified: isStratified)
    }
}

extension Loss {
    /// Whether the targets are classes, as numbers or one-hot rows.
    var isOfClasses: Bool {
        function.takesClassNumbers
            || ["crossentropy", "hinge"].contains { name.contains($0) }
    }
}
