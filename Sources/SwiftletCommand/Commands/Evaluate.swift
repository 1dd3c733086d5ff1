internal import ArgumentParser
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletMPI
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletStreaming

struct Evaluate: RankedSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Score a model on data that it has not seen.",
        discussion: """
            The data do not have to fit in memory. With --shard one of several processes or machines asks \
            the model for its part of the rows; `swiftlet merge` scores the parts together. Under mpirun (Open MPI) \
            the processes do both.

            Examples:
              swiftlet evaluate model.keras --data test.npz --task classification
              swiftlet evaluate model.keras --data test.csv --task regression \\
                --json scores.json --report report.html
            """)

    @OptionGroup var source: ModelOptions

    @Option(help: "Inputs with their targets: .npz (x, y), .csv, .h5, IDX, CIFAR or class folders.")
    var data: String

    @Option(help: ArgumentHelp("Which output is scored, if there are several.", valueName: "name"))
    var outputName: String?

    @OptionGroup var scoring: ScoringOptions

    @Option(
        help: ArgumentHelp(
            "The history of a training, whose curves --report shows.", valueName: "h.json"))
    var history: String?

    @Option(
        help: ArgumentHelp(
            "Write answers and truth, for `swiftlet merge` to score them with others.",
            valueName: "part.h5"))
    var state: String?

    @OptionGroup var part: PartOptions
    @OptionGroup var output: ScoreOutput
    @OptionGroup var execution: PredictionOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        if history != nil, output.report == nil {
            throw ValidationError("--history needs --report")
        }
        if part.shard != nil {
            guard state != nil else { throw ValidationError("--shard needs --state") }
            guard output.json == nil, output.report == nil else {
                throw ValidationError("a part has no scores: --json and --report are for merge")
            }
        }
        if part.resume, state == nil, output.json == nil, output.report == nil {
            throw ValidationError("--resume needs --state, --json or --report")
        }
        if MPICommunicator.isLaunched, part.shard != nil || part.resume || state != nil {
            throw ValidationError(
                "under mpirun every process has its part: no --shard, --state and --resume")
        }
    }

    func run() throws {
        try output.check()
        try checkDestination(state)
        let curves = try history.map { try TrainingHistory.read($0) }
        let asked = ModelEvaluation(
            model: try source.openForPrediction(), path: source.model, data: data,
            outputName: outputName, weights: source.from.heldIn)
        var job = try asked.job(scoring.scoring, execution: execution, log: log)
        job.confidence = scoring.confidence
        job.options = part.options(batchSize: execution.batchSize)
        if let ranks = Ranks.communicator {
            job.options.shard = Shard(ranks.rank + 1, of: ranks.count)
        }
        job.state = state
        job.result = output.json ?? output.report
        let answers = try asked.run(job, log: log)
        if let ranks = Ranks.communicator {
            let whole = try answers.merged(with: ranks)
            guard Ranks.isFirst else { return }
            log.warn(mixed: whole.isMixed, whole.data)
            return try output.write(whole, history: curves, log: log)
        }
        if let state, part.shard != nil {
            let rows = answers.rows
            print(
                "\(state): shard \(answers.shard), rows \(rows.lowerBound)..<\(rows.upperBound) of "
                    + "\(answers.totalRows)")
            return
        }
        try output.write(answers, history: curves, log: log)
        try job.finish()
    }
}

extension ScoreOutput {
    /// The scores of all rows of a test set.
    func write(_ answers: EvaluationState, history: JSON?, log: LogOptions) throws {
        let evaluation = try answers.scored(keepingRows: report != nil)
        try naming(answers.data) {
            try write(
                evaluation, title: "\(answers.model) on \(answers.data)",
                confidence: answers.confidence
            ) { page in
                let worst = evaluation.worstRows(limit: ScoreOutput.worstRows)
                page.add(worst: worst, pictures: try pictures(of: worst, in: answers))
                if let history { page.add(history: history) }
            }
        }
    }

    /// Nil where the inputs are no pictures, or the test set is no longer there.
    private func pictures(
        of rows: [WorstRow], in answers: EvaluationState
    ) throws -> [PagePicture]? {
        guard let inputs = try answers.inputs(at: rows.map(\.row)) else {
            StandardError.warn("\(answers.data): not the test set any more; no pictures of rows")
            return nil
        }
        return try SamplePictures(inputs)?.onPage(rows)
    }
}

/// The JSON that `swiftlet train --history` writes.
enum TrainingHistory {
    static func read(_ path: String) throws -> JSON {
        let json = try naming(path) { try JSON(parsing: readText(path)) }
        guard (json["history"] ?? json).object != nil else {
            throw CommandError(path, "no history of a training")
        }
        return json
    }
}
