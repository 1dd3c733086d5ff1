internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletLayers
public import SwiftletRuntime
public import SwiftletScores
internal import SwiftletTensor
internal import SwiftletTraining

/// A test set in a file that a model is asked, some rows at a time.
package struct StreamedEvaluation {
    package let predictor: Predictor
    /// The path of the test set.
    package let data: String
    package var scoring: Scoring
    package var confidence: Confidence? = Confidence()
    /// Which of the model's outputs, from 0.
    package var output = 0
    package var options = StreamOptions()
    /// What the model's file is called.
    package var modelName: String
    /// Where a state is written; nil for none.
    package var state: String?
    /// What is written beside the state, so that a journal has a place.
    package var result: String?
    package var progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }

    package init(_ predictor: Predictor, data: String, _ scoring: Scoring) {
        self.predictor = predictor
        self.data = data
        self.scoring = scoring
        modelName = predictor.model.name
    }

    /// Asks the model, and writes the state if one is wanted.
    package func run() throws -> (state: EvaluationState, times: StreamTimes) {
        let source = try DataSource.open(data, roles: DataRoles(of: predictor.model))
        var job = try StreamedJob(
            predictor, source, data: data, options, isKept: state != nil || options.resumes)
        let scoring = try settledScoring()
        job.add("output", .int(output))
        job.add("scoring", .object(scoring.json))
        job.add("confidence", confidence.json)
        if source.hasUntypedTargets { job.add("untyped_truth", true) }
        let place = state ?? result ?? data
        let resumes = options.resumes && (state ?? result) != nil
        let (journal, times) = try job.run(
            for: place, data: data, resuming: resumes,
            progress: { [progress] in progress($0, job.rows.count) }, keeping: kept)
        let head = head(job, journal)
        if let state { try EvaluationState.write(journal.arrays(), head, to: state) }
        let tensors = NamedTensors(try journal.tensors())
        guard let truth = tensors[StateFile.names.truth],
            let predicted = tensors[StateFile.names.predicted]
        else { throw StreamError(data, "no rows") }
        if state != nil { try StreamedJob.finish(place, resuming: resumes) }
        return (
            EvaluationState(
                shard: job.shard, rows: job.rows, identity: job.identity, model: modelName,
                data: data, scoring: scoring, confidence: confidence,
                roles: DataRoles(of: predictor.model),
                instructionSets: journal.instructionSets, truth: truth, predicted: predicted,
                weights: tensors[StateFile.names.weights]), times
        )
    }

    /// Takes away what was kept for a run that goes on, once the results are written.
    package func finish() throws {
        if state == nil, let result { try StreamedJob.finish(result, resuming: options.resumes) }
    }

    /// The reading of a classification, completed by what the model's file says.
    private func settledScoring() throws -> Scoring {
        var scoring = scoring
        let shapes = try predictor.model.network.shapes().outputs
        let columns = shapes.indices.contains(output) ? shapes[output].last ?? 1 : 1
        scoring.reading = predictor.model.reading(
            scoring.reading, output: output, columns: columns ?? 1)
        return scoring
    }

    private func kept(
        _ block: SampleBlock, _ outputs: [Tensor]
    ) throws -> [(name: String, tensor: Tensor)] {
        guard outputs.indices.contains(output), block.targets.indices.contains(output) else {
            throw ModelError.structure(
                "output \(output) of \(outputs.count), with \(block.targets.count) targets")
        }
        let names = StateFile.names
        return [(names.truth, block.targets[output]), (names.predicted, outputs[output])]
            + (block.weights.map { [(names.weights, $0)] } ?? [])
    }

    private func head(_ job: StreamedJob, _ journal: RowJournal) -> JSONObject {
        [
            "shard": .string(job.shard.description),
            "rows": .array([.int(job.rows.lowerBound), .int(job.rows.upperBound)]),
            "identity": .object(job.identity), "model": .string(modelName),
            "data": .string(data), "roles": .object(DataRoles(of: predictor.model).json),
            "instruction_sets": .array(journal.instructionSets.map { .string($0) }),
        ]
    }
}

extension Predictor {
    /// Scores the model's answers to a test set in a file that need not fit in memory.
    ///
    /// ```swift
    /// for number in 1...16 {  // each on a machine of its own
    ///     try predictor.evaluate(
    ///         from: "test.h5", task: .classification, state: "part\(number).h5",
    ///         StreamOptions(shard: Shard(number, of: 16), resumes: true))
    /// }
    /// let scores = try EvaluationState.merged((1...16).map { "part\($0).h5" }).results()
    /// ```
    ///
    /// - Parameters:
    ///   - data: inputs and targets; see ``DataSource/load(_:roles:placement:)``.
    ///   - state: where the state is written, an HDF5 file; nil for nowhere.
    ///   - output: which of the model's outputs, from 0.
    ///   - confidence: how the scores' intervals are found; nil for none.
    /// - Throws: as ``predict(from:to:_:progress:)``.
    @discardableResult
    public func evaluate(
        from data: String, task: ScoreTask, state: String? = nil,
        _ options: StreamOptions = StreamOptions(), output: Int = 0,
        confidence: Confidence? = Confidence()
    ) throws -> EvaluationState {
        var evaluation = StreamedEvaluation(self, data: data, Scoring(task))
        evaluation.options = options
        evaluation.output = output
        evaluation.confidence = confidence
        evaluation.state = state
        return try evaluation.run().state
    }
}
