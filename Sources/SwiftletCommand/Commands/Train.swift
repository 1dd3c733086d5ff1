internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletTraining

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a model and save it.",
        discussion: """
            A compiled model is trained as it was compiled and goes on where it stopped; --loss,
            --optimizer and --metrics override. Ctrl-C ends the training and saves what was
            learned; a second Ctrl-C ends at once.
            """)

    @Argument(
        help: "A compiled Keras file, a Keras architecture .json, or a description in YAML or JSON."
    )
    var model: String

    @OptionGroup var from: WeightOptions

    @Option(help: "Inputs with their targets: .npz (x, y), .csv, .h5, IDX, CIFAR or class folders.")
    var data: String

    @Option(help: "Passes over the data.")
    var epochs = 1

    @OptionGroup var execution: RunOptions

    @Flag(inversion: .prefixedNo, help: "Take the samples in another order in every epoch.")
    var shuffle = true

    @Option(help: "Decides the order of the samples, the first weights and all that is random.")
    var seed: UInt64 = 0

    @Option(help: "Data to measure on after every epoch.")
    var validationData: String?

    @Option(help: "The fraction of the samples, the last ones, that is kept for validation.")
    var validationSplit: Double?

    @Option(help: "A Keras name, e.g. sparse_categorical_crossentropy.")
    var loss: String?

    @Option(help: "A Keras name, e.g. adam.")
    var optimizer: String?

    @Option(help: "The optimizer's learning rate.")
    var learningRate: Double?

    @Option(help: ArgumentHelp("Keras names with commas, e.g. accuracy,mae.", valueName: "list"))
    var metrics: String?

    @Option(help: ArgumentHelp("Where the trained model goes: .keras or .h5.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Write loss and metrics per epoch as JSON.", valueName: "h.json"))
    var history: String?

    @Option(help: ArgumentHelp("Write a page with the learning curves.", valueName: "r.html"))
    var report: String?

    @OptionGroup(title: "Fine-tuning") var tuning: FineTuningOptions

    @OptionGroup(title: "Callbacks") var watching: CallbackOptions

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard epochs > 0 else { throw ValidationError("--epochs must be at least 1") }
        if let validationSplit {
            guard validationSplit > 0, validationSplit < 1 else {
                throw ValidationError("--validation-split must be between 0 and 1")
            }
            guard validationData == nil else {
                throw ValidationError("--validation-data and --validation-split exclude each other")
            }
        }
        if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
            throw ValidationError("--learning-rate must be above 0")
        }
        try checkNames()
    }

    /// Names that no Keras has are wrong usage, found before any file is opened.
    private func checkNames() throws {
        func check(_ flag: String, _ names: [String], _ find: (String) throws -> Void) throws {
            for name in names {
                do {
                    try find(name)
                } catch {
                    throw ValidationError("\(flag): \(error)")
                }
            }
        }
        try check("--loss", [loss].compactMap { $0 }) { _ = try Loss(named: $0) }
        try check("--optimizer", [optimizer].compactMap { $0 }) { _ = try Optimizer(named: $0) }
        try check("--metrics", metricNames) { _ = try Metric(named: $0) }
    }

    private var metricNames: [String] {
        (metrics ?? "").split { $0 == "," || $0 == " " }.map(String.init)
    }

    func run() throws {
        try checkDestinations()
        guard let format = KerasFormat(path: output), format == .keras || format == .legacy else {
            throw CommandError(output, "the name of a .keras or .h5 file expected")
        }
        let start = try prepared()
        let roles = DataRoles(inputs: start.inputNames, outputs: start.outputNames)
        let samples = try DataSource.load(data, roles: roles)
        let validation = try validation(roles)
        let options = FitOptions(
            epochs: epochs, batchSize: execution.batchSize, validationSplit: validationSplit ?? 0,
            shuffles: shuffle, seed: seed, threads: execution.threads)
        Interruption.await()
        let (trained, history) = try fitted(start, samples, validation, options)
        try trained.saveWarning(to: output, as: format)
        try write(history)
        if history.end == .interrupted {
            StandardError.warn(
                "interrupted in epoch \(history.epochs + 1); \(output) has the weights learned so far"
            )
        }
        print(HistoryTable(history).text(for: .standardOutput))
        if history.end == .interrupted { throw Interruption.exitCode }
    }

    private func checkDestinations() throws {
        try checkDestination(output)
        try checkDestination(history)
        try checkDestination(report)
    }

    private func validation(_ roles: DataRoles) throws -> Dataset? {
        guard let validationData else { return nil }
        return try DataSource.load(validationData, roles: roles)
    }

    /// The model with its first weights and all that training needs.
    private func prepared() throws -> Model {
        var (trained, report) = try Model.trainableFile(
            model, weights: from.weights, loading: from.loading())
        try from.settle(&trained, report, from: model, initializing: false)
        try tuning.apply(to: &trained, from: model, seed: seed)
        try naming(model) {
            // A loss that is named anew need not be understood.
            let compiled =
                loss == nil ? try trained.trainingSetup() : (try? trained.trainingSetup()) ?? nil
            let isChanged = loss != nil || optimizer != nil || metrics != nil || learningRate != nil
            if isChanged || compiled == nil {
                trained.compile(try setup(over: compiled), keepsOptimizerState: optimizer == nil)
            }
            try tuning.applySchedule(to: &trained)
        }
        return trained
    }

    /// What the flags say, and else what the model was compiled with.
    private func setup(over compiled: TrainingSetup?) throws -> TrainingSetup {
        let losses = try loss.map { PerOutput.all(try Loss(named: $0)) } ?? compiled?.losses
        guard let losses else {
            throw TrainingError.loss("the model is not compiled; name a loss with --loss")
        }
        let named = try optimizer.map { try Optimizer(named: $0) } ?? compiled?.optimizer
        var setup = TrainingSetup(
            optimizer: try named ?? Optimizer(named: "rmsprop"), losses: losses,
            lossWeights: compiled?.lossWeights, metrics: compiled?.metrics ?? .all([]),
            weightedMetrics: compiled?.weightedMetrics ?? .all([]))
        if let learningRate { setup.optimizer.learningRate = .constant(learningRate) }
        if metrics != nil { setup.metrics = .all(try metricNames.map { try Metric(named: $0) }) }
        return setup
    }

    private func fitted(
        _ start: Model, _ samples: Dataset, _ validation: Dataset?, _ options: FitOptions
    ) throws -> (Model, History) {
        var model = start
        let watchers = try watching.callbacks(
            isValidated: validation != nil || validationSplit != nil)
        do {
            let history = try model.fit(
                samples, options: options, validation: validation,
                callbacks: watchers + [TrainingProgress(log)],
                isStopRequested: { Interruption.isRequested })
            return (model, history)
        } catch {
            throw CommandError(culprit(of: error), error)
        }
    }

    /// Data that do not fit are the data file's fault, the rest the model's.
    private func culprit(of error: any Error) -> String {
        if let error = error as? TrainingError, case .data = error { return data }
        return error is DatasetError ? data : model
    }

    private func write(_ history: History) throws {
        if let path = self.history {
            try AtomicFile.write(history.json.text(pretty: true) + "\n", to: path)
        }
        if let report {
            var page = ReportPage(title: "Training", subtitle: "\(model) on \(data)")
            var json = history.json
            json["diagnosis"] = .string(HistoryTable(history).diagnosis)
            page.add(history: json)
            try AtomicFile.write(page.html, to: report)
        }
    }
}
