internal import SwiftletDataset
internal import SwiftletFiles

/// Ends a training when what it watches has not become better for some epochs, as Keras's callback
/// of that name.
public struct EarlyStopping: Callback {
    private let monitor: String
    private let minimumChange: Double
    private let patience: Int
    private let monitoring: Monitoring
    private let baseline: Double?
    private let firstEpoch: Int
    private let restoresBest: Bool

    private var best: Double?
    private var bestEpoch = 0
    private var bestWeights: WeightSnapshot?
    private var waited = 0

    /// - Parameters:
    ///   - monitor: a name in the history.
    ///   - minimumChange: how much better a value must be to count.
    ///   - patience: epochs without a better value after which training ends.
    ///   - baseline: what must be surpassed for patience to begin anew.
    ///   - startingFrom: epochs (from 0) before this one are not watched.
    ///   - restoresBestWeights: whether the model gets the weights of its best epoch in the end.
    public init(
        monitor: String = "val_loss", minimumChange: Double = 0, patience: Int = 0,
        mode: Monitoring = .automatic, baseline: Double? = nil, startingFrom: Int = 0,
        restoresBestWeights: Bool = false
    ) {
        self.monitor = monitor
        self.minimumChange = abs(minimumChange)
        self.patience = patience
        monitoring = mode
        self.baseline = baseline
        firstEpoch = startingFrom
        restoresBest = restoresBestWeights
    }

    private func isBetter(_ value: Double, than other: Double) -> Bool {
        monitoring.isHigherBetter(monitor)
            ? value - minimumChange > other : value + minimumChange < other
    }

    public mutating func epochEnds(_ run: TrainingRun) throws {
        guard run.epoch >= firstEpoch else { return }
        guard let value = run.log(monitor) else {
            let names = run.logs.map(\.name).joined(separator: ", ")
            throw TrainingError.argument(
                name: "early stopping", cause: "'\(monitor)' is not measured, but \(names)")
        }
        if restoresBest, bestWeights == nil {
            (bestWeights, bestEpoch) = (run.weights, run.epoch)
        }
        waited += 1
        if best.map({ isBetter(value, than: $0) }) ?? !value.isNaN {
            (best, bestEpoch) = (value, run.epoch)
            if restoresBest { bestWeights = run.weights }
            if baseline.map({ isBetter(value, than: $0) }) ?? true { waited = 0 }
            return
        }
        if waited >= patience, run.epoch > 0 {
            let epochs = patience == 1 ? "1 epoch" : "\(patience) epochs"
            run.stop("\(monitor) has not become better for \(patience == 0 ? "an epoch" : epochs)")
        }
    }

    public mutating func trainingEnds(_ run: TrainingRun) throws {
        guard let bestWeights else { return }
        try run.restore(bestWeights)
        run.history.restoredEpoch = bestEpoch + 1
    }

    // MARK: Saving

    public var savedState: SavedState {
        var state = SavedState([
            "best": best.savedJSON, "best epoch": .int(bestEpoch), "waited": .int(waited),
            "keeps": .bool(bestWeights != nil),
        ])
        for (name, tensor) in bestWeights?.tensors ?? [:] { state.tensors[name] = tensor }
        return state
    }

    public mutating func resume(from state: SavedState) {
        best = state["best"]?.double
        bestEpoch = state["best epoch"]?.int ?? 0
        waited = state["waited"]?.int ?? 0
        guard state["keeps"]?.bool == true else { return }
        bestWeights = WeightSnapshot(
            tensors: Dictionary(
                state.tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 }))
    }

    public var job: String? {
        "EarlyStopping(\(monitor), \(monitoring), change \(minimumChange), patience \(patience), "
            + "baseline \(baseline.map { "\($0)" } ?? "none"), from epoch \(firstEpoch), "
            + "restores \(restoresBest))"
    }
}
