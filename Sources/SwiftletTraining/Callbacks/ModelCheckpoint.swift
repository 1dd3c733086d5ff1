internal import SwiftletFiles
public import SwiftletLayers

/// Saves the model after epochs or batches: all of them, or those that were the best so far.
public struct ModelCheckpoint: Callback {
    private let monitor: String
    private let monitoring: Monitoring
    private let savesBestOnly: Bool
    private let frequency: Int
    private let batches: Int?
    private var batchesSeen = 0
    private let save: (Model, Int) throws -> Void
    private var best: Double?

    /// - Parameters:
    ///   - monitor: a name in the history that tells what is best.
    ///   - every: epochs between two saves.
    ///   - batches: batches between two saves, instead.
    ///   - threshold: what a value has to surpass to be the first best one.
    ///   - save: writes the model, or its weights alone, given the epoch from 1.
    public init(
        monitor: String = "val_loss", mode: Monitoring = .automatic, savesBestOnly: Bool = false,
        every frequency: Int = 1, batches: Int? = nil, threshold: Double? = nil,
        save: @escaping (_ model: Model, _ epoch: Int) throws -> Void
    ) {
        self.monitor = monitor
        monitoring = mode
        self.savesBestOnly = savesBestOnly
        self.frequency = max(1, frequency)
        self.batches = batches.map { max(1, $0) }
        self.save = save
        best = threshold
    }

    public mutating func batchEnds(_ run: TrainingRun) throws {
        guard let batches else { return }
        batchesSeen += 1
        if batchesSeen % batches == 0 { try saveIfWanted(run) }
    }

    public mutating func epochEnds(_ run: TrainingRun) throws {
        if batches == nil, (run.epoch + 1) % frequency == 0 { try saveIfWanted(run) }
    }

    private mutating func saveIfWanted(_ run: TrainingRun) throws {
        if savesBestOnly {
            guard let value = run.log(monitor) else {
                let names = run.logs.map(\.name).joined(separator: ", ")
                throw TrainingError.argument(
                    name: "checkpoint", cause: "'\(monitor)' is not measured, but \(names)")
            }
            let isHigherBetter = monitoring.isHigherBetter(monitor)
            let isBetter = best.map { isHigherBetter ? value > $0 : value < $0 } ?? !value.isNaN
            guard isBetter else { return }
            best = value
        }
        try save(try run.model, run.epoch + 1)
    }

    // MARK: Saving

    public var savedState: SavedState {
        SavedState(["best": best.savedJSON, "batches": .int(batchesSeen)])
    }

    public mutating func resume(from state: SavedState) {
        best = state["best"]?.double
        batchesSeen = state["batches"]?.int ?? 0
    }

    /// Without the first threshold, which is in the state.
    public var job: String? {
        "ModelCheckpoint(\(monitor), \(monitoring), best only \(savesBestOnly), every \(frequency), "
            + "batches \(batches.map(String.init) ?? "none"))"
    }
}
