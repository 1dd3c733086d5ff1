internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletTraining

/// What watches a training and steers it.
struct CallbackOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Save the model after every epoch: .keras, .h5, or .weights.h5 for the weights alone.",
            discussion: "{epoch} in the name stands for the epoch's number.", valueName: "file"))
    var checkpoint: String?

    @Option(
        help: ArgumentHelp(
            "Save only what is the best so far by a name in the history, e.g. val_loss.",
            valueName: "name"))
    var checkpointBest: String?

    @Option(help: ArgumentHelp("Epochs between two checkpoints.", valueName: "n"))
    var checkpointEvery: Int?

    @Option(help: ArgumentHelp("Batches between two checkpoints, instead.", valueName: "n"))
    var checkpointBatches: Int?

    @Option(
        help: ArgumentHelp(
            "What a best checkpoint has to surpass from the start.", valueName: "x"))
    var checkpointThreshold: Double?

    @Option(
        defaultAsFlag: "",
        help: ArgumentHelp(
            "End when a name in the history (val_loss or loss) has not become better for --patience epochs.",
            valueName: "name"))
    var earlyStopping: String?

    @Option(help: ArgumentHelp("Epochs without a better value.", valueName: "n"))
    var patience: Int?

    @Option(help: ArgumentHelp("How much better a value must be to count.", valueName: "x"))
    var minDelta: Double?

    @Flag(help: "Give the model the weights of its best epoch in the end.")
    var restoreBest = false

    @Option(
        defaultAsFlag: "",
        help: ArgumentHelp(
            "Lower the learning rate when a name in the history has not become better for a while.",
            valueName: "name"))
    var reduceOnPlateau: String?

    @Option(help: ArgumentHelp("What the rate is multiplied by then; 0.1.", valueName: "x"))
    var plateauFactor: Double?

    @Option(help: ArgumentHelp("Epochs without a better value then; 10.", valueName: "n"))
    var plateauPatience: Int?

    @Option(help: ArgumentHelp("The lowest learning rate then; 0.", valueName: "x"))
    var minLearningRate: Double?

    @Flag(help: "End as soon as a loss is no finite number.")
    var terminateOnNan = false

    @Flag(help: "Validate and save with the averages that the optimizer keeps of the weights.")
    var swapAverages = false

    @Option(help: ArgumentHelp("Write a table with a row per epoch.", valueName: "file"))
    var csvLog: String?

    @Flag(help: "Add to the table that is there.")
    var csvAppend = false

    @Option(help: ArgumentHelp("Write event files for TensorBoard.", valueName: "dir"))
    var tensorboard: String?

    @Option(help: ArgumentHelp("Epochs between two histograms of the weights.", valueName: "n"))
    var tensorboardHistograms: Int?

    @Option(help: ArgumentHelp("Batches between two numbers of batches.", valueName: "n"))
    var tensorboardBatches: Int?

    func validate() throws {
        for (flag, owner, isWrong) in [
            ("--checkpoint-best", "--checkpoint", checkpointBest != nil && checkpoint == nil),
            ("--checkpoint-every", "--checkpoint", checkpointEvery != nil && checkpoint == nil),
            ("--checkpoint-batches", "--checkpoint", checkpointBatches != nil && checkpoint == nil),
            (
                "--checkpoint-threshold", "--checkpoint-best",
                checkpointThreshold != nil && checkpointBest == nil
            ),
            ("--patience", "--early-stopping", patience != nil && earlyStopping == nil),
            ("--min-delta", "--early-stopping", minDelta != nil && earlyStopping == nil),
            ("--restore-best", "--early-stopping", restoreBest && earlyStopping == nil),
            ("--plateau-factor", "--reduce-on-plateau", plateauFactor != nil && !reduces),
            ("--plateau-patience", "--reduce-on-plateau", plateauPatience != nil && !reduces),
            ("--min-learning-rate", "--reduce-on-plateau", minLearningRate != nil && !reduces),
            ("--csv-append", "--csv-log", csvAppend && csvLog == nil),
            (
                "--tensorboard-histograms", "--tensorboard",
                tensorboardHistograms != nil && tensorboard == nil
            ),
            (
                "--tensorboard-batches", "--tensorboard",
                tensorboardBatches != nil && tensorboard == nil
            ),
        ] where isWrong { throw ValidationError("\(flag) needs \(owner)") }
        for (flag, number) in [
            ("--checkpoint-every", checkpointEvery), ("--checkpoint-batches", checkpointBatches),
            ("--tensorboard-batches", tensorboardBatches),
        ] where number.map({ $0 < 1 }) == true {
            throw ValidationError("\(flag) must be at least 1")
        }
        for (flag, number) in [
            ("--patience", patience), ("--plateau-patience", plateauPatience),
            ("--tensorboard-histograms", tensorboardHistograms),
        ] where number.map({ $0 < 0 }) == true {
            throw ValidationError("\(flag) must be at least 0")
        }
        if checkpointEvery != nil, checkpointBatches != nil {
            throw ValidationError("--checkpoint-every and --checkpoint-batches exclude each other")
        }
        if let plateauFactor, !(plateauFactor > 0 && plateauFactor < 1) {
            throw ValidationError("--plateau-factor must be between 0 and 1")
        }
        if let checkpoint {
            let formats: [KerasFormat?] = [.keras, .legacy, .weights]
            guard formats.contains(KerasFormat(path: checkpoint)) else {
                throw ValidationError(
                    "--checkpoint: the name of a .keras, .h5 or .weights.h5 file expected")
            }
        }
    }

    private var reduces: Bool { reduceOnPlateau != nil }

    /// The callbacks in an order in which each finds what it needs.
    ///
    /// - Parameters:
    ///   - isValidated: whether there is a `val_loss` to watch.
    ///   - isFold: whether this is one of several trainings, which writes no files.
    ///   - isRefit: whether this training follows them, without what watches validation.
    func callbacks(
        isValidated: Bool, isFold: Bool = false, isRefit: Bool = false
    ) throws -> [any Callback] {
        func monitor(_ name: String) -> String {
            name.isEmpty ? isValidated ? "val_loss" : "loss" : name
        }
        var result: [any Callback] = []
        if terminateOnNan { result.append(TerminateOnNaN()) }
        if swapAverages { result.append(SwapEMAWeights()) }
        if let reduceOnPlateau, !isRefit {
            result.append(
                ReduceLearningRateOnPlateau(
                    monitor: monitor(reduceOnPlateau), factor: plateauFactor ?? 0.1,
                    patience: plateauPatience ?? 10, lowestRate: minLearningRate ?? 0))
        }
        if let checkpoint, !isFold, !(isRefit && checkpointBest != nil) {
            result.append(try saving(to: checkpoint))
        }
        if let csvLog, !isFold, Ranks.isFirst {
            try checkDestination(csvLog)
            result.append(CSVLog(path: csvLog, appends: csvAppend))
        }
        if let tensorboard, !isFold, Ranks.isFirst {
            result.append(
                TensorBoard(
                    directory: tensorboard, histogramEpochs: tensorboardHistograms ?? 0,
                    batchSteps: tensorboardBatches))
        }
        if let earlyStopping, !isRefit {
            result.append(
                EarlyStopping(
                    monitor: monitor(earlyStopping), minimumChange: minDelta ?? 0,
                    patience: patience ?? 0, restoresBestWeights: restoreBest))
        }
        return result
    }

    private func saving(to path: String) throws -> ModelCheckpoint {
        try checkDestination(path)
        guard let format = KerasFormat(path: path) else {
            throw CommandError(path, "the name of a .keras, .h5 or .weights.h5 file expected")
        }
        return ModelCheckpoint(
            monitor: checkpointBest ?? "val_loss", savesBestOnly: checkpointBest != nil,
            every: checkpointEvery ?? 1, batches: checkpointBatches,
            threshold: checkpointThreshold
        ) { model, epoch in
            guard Ranks.isFirst else { return }
            try model.save(to: path.replacing("{epoch}", with: "\(epoch)"), as: format)
        }
    }
}
