internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletMPI
internal import SwiftletReport
internal import SwiftletTraining

struct Train: RankedSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model and save it.",
        discussion: """
            A compiled model is trained as it was compiled and goes on where it stopped; --loss, \
            --optimizer and --metrics override. Ctrl-C ends the training after the batch and saves \
            what was learned; a second Ctrl-C ends at once. With --resume the same command then goes \
            on where it was.

            Under mpirun (Open MPI) the processes share every batch out: the weights are those of one process \
            with the same --batch-size, but for the order of sums.

            Examples:
              swiftlet train model.yaml --data train.npz --epochs 10 --output model.keras
              swiftlet train model.keras --data train.csv --validation-split 0.1 \\
                --epochs 99 --early-stopping val_loss --output better.keras
              mpirun -n 4 swiftlet train model.yaml --data train.npz --output model.keras
            """)

    @OptionGroup var start: TrainableOptions

    @OptionGroup var samples: SampleOptions

    @Option(help: "Passes over the data.")
    var epochs = 1

    @OptionGroup var execution: RunOptions

    @Flag(inversion: .prefixedNo, help: "Take the samples in another order in every epoch.")
    var shuffle = true

    @Option(help: "Decides the order of the samples, the first weights and all that is random.")
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Where the trained model goes: .keras or .h5.", valueName: "file"))
    var output: String

    @OptionGroup var results: TrainingOutput

    @OptionGroup var resuming: ResumeOptions

    @OptionGroup(title: "Fine-tuning") var tuning: FineTuningOptions

    @OptionGroup(title: "Callbacks") var watching: CallbackOptions

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard epochs > 0 else { throw ValidationError("--epochs must be at least 1") }
        guard samples.folds == nil || !resuming.resume else {
            throw ValidationError("--folds and --resume exclude each other")
        }
    }

    func run() throws {
        try checkDestination(output)
        try results.checkDestinations()
        _ = try format
        let model = try start.open(tuning: tuning, seed: seed)
        let data = try samples.samples(for: model, log)
        let validation = try samples.validation(for: model, log)
        var options = FitOptions(
            epochs: epochs, batchSize: execution.batchSize, shuffles: shuffle, seed: seed,
            threads: execution.threads, backup: try resuming.backup(of: output))
        options.communicator = Ranks.communicator
        try samples.apply(to: &options)
        Interruption.await()
        let folds = try crossValidated(model, data, &options)
        let watchers = results.watchers()
        let (trained, history) = try fitted(model, data, validation, options, watchers)
        if Ranks.isFirst { try tell(trained, history, folds, watchers, options) }
        if history.end == .interrupted { throw Interruption.exitCode }
    }

    private var format: KerasFormat {
        get throws {
            guard let format = KerasFormat(path: output), format == .keras || format == .legacy
            else { throw CommandError(output, "the name of a .keras or .h5 file expected") }
            return format
        }
    }

    /// Writes the trained model and what was measured.
    private func tell(
        _ trained: Model, _ history: History, _ folds: CrossValidation?,
        _ watchers: TrainingOutput.Watchers, _ options: FitOptions
    ) throws {
        // A model that is trained in place is where the same command begins once more.
        let isInPlace = options.backup != nil && isSameFile(start.model, output)
        if history.end != .interrupted || !isInPlace {
            try trained.saveWarning(to: output, as: format)
        }
        try results.write(
            history, folds: folds, watchers, subtitle: "\(start.model) on \(samples.data)")
        if history.end == .interrupted {
            let place =
                isInPlace ? "\(output) is as it was" : "\(output) has the weights learned so far"
            let more = options.backup.map { "; the same command goes on from \($0.path)" } ?? ""
            StandardError.warn("interrupted in epoch \(history.epochs + 1); \(place)\(more)")
        } else {
            try options.backup?.remove()
        }
        print(HistoryTable(history).text(for: .standardOutput))
        if let sent = history.communication { log.note("\(sent)") }
        if let profile = watchers.profiler?.profile {
            print("\n" + profile.layerTable.text(for: .standardOutput))
            print("\n" + profile.operationTable.text(for: .standardOutput))
        }
    }

    private func fitted(
        _ start: Model, _ samples: Dataset, _ validation: Dataset?, _ options: FitOptions,
        _ watchers: TrainingOutput.Watchers
    ) throws -> (Model, History) {
        var model = start
        let steering = try watching.callbacks(
            isValidated: validation != nil || options.validationSplit > 0,
            isRefit: self.samples.folds != nil)
        do {
            let history = try model.fit(
                samples, options: options, validation: validation,
                callbacks: steering + [TrainingProgress(log)] + watchers.callbacks,
                isStopRequested: { Interruption.isRequested })
            return (model, history)
        } catch {
            throw named(error)
        }
    }

    /// The error with the file that it is about.
    func named(_ error: any Error) -> any Error {
        samples.source.named(error, model: start.model)
    }
}
