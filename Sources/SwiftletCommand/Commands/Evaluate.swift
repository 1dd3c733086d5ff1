internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
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

    @Option(help: "What the model was made for.")
    var task: ScoreTask

    @Option(help: ArgumentHelp("Which output is scored, if there are several.", valueName: "name"))
    var outputName: String?

    @OptionGroup var output: ScoreOutput
    @OptionGroup var execution: PredictionOptions
    @OptionGroup var log: LogOptions

    func run() throws {
        try output.check()
        let model = try source.open()
        let position = try outputPosition(model)
        let roles = DataRoles(inputs: model.inputNames, outputs: model.outputNames)
        let samples = try DataSource.load(data, roles: roles)
        let predictor = try naming(source.model) { try execution.predictor(for: model) }
        var progress = log.progress("samples", total: samples.count)
        let evaluation = try naming(data) {
            try predictor.evaluation(
                of: samples, task: task, output: position, batchSize: execution.batchSize
            ) { progress.update(done: $0) }
        }
        progress.clear()
        let title = "\(source.model) on \(data)"
        try naming(data) {
            switch evaluation {
            case .classification(let scores): try output.write(scores, title: title)
            case .regression(let scores): try output.write(scores, title: title)
            }
        }
    }

    private func outputPosition(_ model: Model) throws -> Int {
        let names = model.outputNames
        guard let outputName else {
            guard names.count == 1 else {
                throw CommandError(
                    source.model,
                    "\(names.count) outputs (\(shortened(names, whole: log.details))); choose one "
                        + "with --output-name")
            }
            return 0
        }
        guard let position = names.firstIndex(of: outputName) else {
            throw CommandError(
                source.model,
                "no output '\(outputName)', but \(shortened(names, whole: log.details))")
        }
        return position
    }
}
