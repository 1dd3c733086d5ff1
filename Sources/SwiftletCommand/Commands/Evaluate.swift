internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores

struct Evaluate: Subcommand {
    static let configuration = CommandConfiguration(
        abstract: "Score a model on data that it has not seen.")

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

    @OptionGroup var output: ScoreOutput
    @OptionGroup var execution: PredictionOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        if history != nil, output.report == nil {
            throw ValidationError("--history needs --report")
        }
    }

    func run() throws {
        try output.check()
        let curves = try history.map { try TrainingHistory.read($0) }
        var scoring = scoring.scoring
        scoring.keepsRows = output.report != nil
        let (evaluation, samples) = try ModelEvaluation(
            model: try source.open(), path: source.model, data: data, outputName: outputName
        ).run(scoring, execution: execution, log: log)
        try naming(data) {
            try output.write(
                evaluation, title: "\(source.model) on \(data)",
                confidence: self.scoring.confidence
            ) { page in
                let worst = evaluation.worstRows(limit: ScoreOutput.worstRows)
                page.add(worst: worst, pictures: try SamplePictures(samples)?.onPage(worst))
                if let curves { page.add(history: curves) }
            }
        }
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
