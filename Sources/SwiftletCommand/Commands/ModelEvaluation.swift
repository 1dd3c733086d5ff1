internal import SwiftletData
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletScores
internal import SwiftletStreaming
internal import SwiftletTraining

/// A model's answers to the samples of a file.
struct ModelEvaluation {
    let model: Model
    /// The model's file.
    let path: String
    let data: String
    let outputName: String?
    var weights = WeightStorage.float32

    func job(
        _ scoring: Scoring, execution: PredictionOptions, log: LogOptions
    ) throws -> StreamedEvaluation {
        let position = try model.outputPosition(outputName, file: path, details: log.details)
        let predictor = try naming(path) {
            try execution.predictor(for: model, weights: weights)
        }
        var job = StreamedEvaluation(predictor, data: data, scoring)
        job.modelName = path
        job.output = position
        job.options.batchSize = execution.batchSize
        return job
    }

    /// Asks the model.
    func run(_ job: StreamedEvaluation, log: LogOptions) throws -> EvaluationState {
        var progress: ProgressBar?
        var job = job
        job.progress = { done, total in
            if progress == nil { progress = log.progress("samples", total: total) }
            progress?.update(done: done)
        }
        defer { progress?.clear() }
        let (state, times) = try naming(path, data: data) { try job.run() }
        progress?.clear()
        log.note(times, resuming: job.options.resumes)
        log.note(weightError: times.weightError, weights)
        log.warn(mixed: state.isMixed, data)
        return state
    }
}

extension EvaluationState {
    /// Scored; errors name the data.
    func scored(keepingRows: Bool) throws -> Evaluation {
        try naming(data) {
            do {
                return try evaluation(keepingRows: keepingRows)
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
