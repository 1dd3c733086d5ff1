internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletScores
internal import SwiftletTraining

/// A model's answers to the samples of a file.
struct ModelEvaluation {
    let model: Model
    /// The model's file.
    let path: String
    let data: String
    let outputName: String?

    func run(
        _ scoring: Scoring, execution: PredictionOptions, log: LogOptions
    ) throws -> (evaluation: Evaluation, samples: Dataset) {
        let position = try model.outputPosition(outputName, file: path, details: log.details)
        let roles = DataRoles(of: model)
        let samples = try DataSource.load(data, roles: roles)
        let predictor = try naming(path) { try execution.predictor(for: model) }
        var progress = log.progress("samples", total: samples.count)
        defer { progress.clear() }
        return try naming(data) {
            do {
                let evaluation = try predictor.evaluation(
                    of: samples, scoring, output: position, batchSize: execution.batchSize
                ) { progress.update(done: $0) }
                try evaluation.requireSamples()
                return (evaluation, samples)
            } catch let error as ScoreError {
                throw CommandError(data, error.hint)
            }
        }
    }
}

extension Model {
    /// The place of the output that is to be scored.
    fileprivate func outputPosition(_ name: String?, file: String, details: Bool) throws -> Int {
        let names = outputNames
        guard let name else {
            guard names.count == 1 else {
                throw CommandError(
                    file,
                    "\(names.count) outputs (\(shortened(names, whole: details))); choose one "
                        + "with --output-name")
            }
            return 0
        }
        guard let position = names.firstIndex(of: name) else {
            throw CommandError(
                file, "no output '\(name)', but \(shortened(names, whole: details))")
        }
        return position
    }
}
