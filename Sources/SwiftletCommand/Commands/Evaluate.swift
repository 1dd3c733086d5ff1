internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletScores
internal import SwiftletTraining

struct Evaluate: ParsableCommand {
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
        let model = try source.open()
        let position = try model.outputPosition(
            outputName, file: source.model, details: log.details)
        let roles = DataRoles(inputs: model.inputNames, outputs: model.outputNames)
        let samples = try DataSource.load(data, roles: roles)
        let predictor = try naming(source.model) { try execution.predictor(for: model) }
        var progress = log.progress("samples", total: samples.count)
        let evaluation = try naming(data) {
            do {
                let evaluation = try predictor.evaluation(
                    of: samples, scoring.scoring, output: position,
                    batchSize: execution.batchSize
                ) { progress.update(done: $0) }
                try evaluation.requireSamples()
                return evaluation
            } catch let error as ScoreError {
                throw CommandError(data, error.hint)
            }
        }
        progress.clear()
        try naming(data) {
            try output.write(
                evaluation, title: "\(source.model) on \(data)", confidence: scoring.confidence
            ) { page in
                if let curves { page.add(history: curves) }
            }
        }
    }
}

/// The JSON that `swiftlet train --history` writes.
enum TrainingHistory {
    static func read(_ path: String) throws -> JSON {
        let json = try naming(path) { try JSON(parsing: readFile(path)) }
        guard (json["history"] ?? json).object != nil else {
            throw CommandError(path, "no history of a training")
        }
        return json
    }
}

extension Model {
    /// The place of the output that is to be scored.
    func outputPosition(_ name: String?, file: String, details: Bool) throws -> Int {
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
