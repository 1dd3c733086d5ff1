internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Writes event files that TensorBoard shows, as Keras's callback of that name: in `train/` the
/// epochs' `epoch_loss`, `epoch_<metric>` and `epoch_learning_rate`, in `validation/` those of
/// validation with `evaluation_<metric>_vs_iterations`.
public struct TensorBoard: Callback {
    private let directory: String
    private let histogramEpochs: Int
    private let batchSteps: Int?
    private var training: EventFile?
    private var validation: EventFile?
    private var batches = 0

    /// - Parameters:
    ///   - directory: where the files go; every training begins new ones.
    ///   - histogramEpochs: epochs between two histograms of every weight, `<path>/histogram`; 0 for
    ///     none.
    ///   - batchSteps: batches between two `batch_<metric>`; nil for none.
    public init(directory: String, histogramEpochs: Int = 0, batchSteps: Int? = nil) {
        self.directory = directory
        self.histogramEpochs = max(0, histogramEpochs)
        self.batchSteps = batchSteps.map { max(1, $0) }
    }

    public mutating func trainingBegins(_ run: TrainingRun) throws {
        training = try EventFile(in: directory + "/train")
    }

    public mutating func batchEnds(_ run: TrainingRun) throws {
        guard let batchSteps, let training else { return }
        batches += 1
        guard batches % batchSteps == 0 else { return }
        for (name, value) in run.logs { training.add("batch_\(name)", value, step: batches) }
        try training.flush()
    }

    public mutating func epochEnds(_ run: TrainingRun) throws {
        guard let training else { return }
        let isOfValidation = run.logs.map { $0.name.hasPrefix("val_") }
        for (log, isOther) in zip(run.logs, isOfValidation) where !isOther {
            training.add("epoch_\(log.name)", log.value, step: run.epoch)
        }
        training.add("epoch_learning_rate", run.learningRate, step: run.epoch)
        if histogramEpochs > 0, run.epoch % histogramEpochs == 0 {
            try addHistograms(of: run.model, epoch: run.epoch, to: training)
        }
        try training.flush()
        guard isOfValidation.contains(true) else { return }
        let file = try validation ?? EventFile(in: directory + "/validation")
        validation = file
        for (log, isOther) in zip(run.logs, isOfValidation) where isOther {
            let name = log.name.dropFirst("val_".count)
            file.add("epoch_\(name)", log.value, step: run.epoch)
            file.add("evaluation_\(name)_vs_iterations", log.value, step: run.iteration)
        }
        try file.flush()
    }

    private func addHistograms(of model: Model, epoch: Int, to file: EventFile) throws {
        for name in try model.weightNames() {
            guard let tensor = model[weight: name], tensor.dtype.isFloatingPoint else { continue }
            file.addHistogram("\(name)/histogram", try tensor.floats(), step: epoch)
        }
    }

    public mutating func trainingEnds(_ run: TrainingRun) throws {
        try training?.flush()
        try validation?.flush()
        (training, validation) = (nil, nil)
    }

    // MARK: Saving

    public var savedState: SavedState {
        var values: JSONObject = ["batches": .int(batches)]
        for (name, file) in [("train", training), ("validation", validation)] {
            guard let file else { continue }
            values[name] = ["path": .string(file.path), "bytes": .int(file.byteCount)]
        }
        return SavedState(values)
    }

    /// Goes on in the files of the earlier process.
    public mutating func resume(from state: SavedState) throws {
        func reopened(_ name: String, instead new: EventFile?) throws -> EventFile? {
            guard let path = state[name]?["path"]?.string, let bytes = state[name]?["bytes"]?.int,
                bytes >= 0, let size = try? MappedFile(path).count, size >= bytes
            else { return new }
            if let new { try removeFile(new.path) }
            return try EventFile(reopening: path, at: bytes)
        }
        batches = state["batches"]?.int ?? 0
        training = try reopened("train", instead: training)
        validation = try reopened("validation", instead: validation)
    }

    public var job: String? { nil }
}
