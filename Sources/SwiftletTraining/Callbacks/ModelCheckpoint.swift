internal import SwiftletFiles
public import SwiftletLayers

/// Saves the model after epochs: all of them, or those that were the best so far.
public struct ModelCheckpoint: Callback {
    private let monitor: String
    private let monitoring: Monitoring
    private let savesBestOnly: Bool
    private let frequency: Int
    private let save: (Model, Int) throws -> Void
    private var best: Double?

    /// - Parameters:
    ///   - monitor: a name in the history that tells what is best.
    ///   - every: epochs between two saves.
    ///   - save: writes the model, given the epoch from 1.
    public init(
        monitor: String = "val_loss", mode: Monitoring = .automatic, savesBestOnly: Bool = false,
        every frequency: Int = 1, save: @escaping (_ model: Model, _ epoch: Int) throws -> Void
    ) {
        self.monitor = monitor
        monitoring = mode
        self.savesBestOnly = savesBestOnly
        self.frequency = max(1, frequency)
        self.save = save
    }

    public mutating func epochEnds(_ run: TrainingRun) throws {
        guard (run.epoch + 1) % frequency == 0 else { return }
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

    public var savedState: SavedState { SavedState(["best": best.savedJSON]) }
    public mutating func resume(from state: SavedState) { best = state["best"]?.double }
    public var job: String? {
        "ModelCheckpoint(\(monitor), \(monitoring), best only \(savesBestOnly), every \(frequency))"
    }
}
