internal import SwiftletFiles

/// Lowers the learning rate when what it watches has not become better for some epochs, as Keras's
/// `ReduceLROnPlateau`.
public struct ReduceLearningRateOnPlateau: Callback {
    private let monitor: String
    private let factor: Double
    private let patience: Int
    private let monitoring: Monitoring
    private let minimumChange: Double
    private let cooldown: Int
    private let lowestRate: Double

    private var best: Double?
    private var waited = 0
    private var cooling = 0

    public init(
        monitor: String = "val_loss", factor: Double = 0.1, patience: Int = 10,
        mode: Monitoring = .automatic, minimumChange: Double = 1e-4, cooldown: Int = 0,
        lowestRate: Double = 0
    ) {
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        monitoring = mode
        self.minimumChange = minimumChange
        self.cooldown = cooldown
        self.lowestRate = lowestRate
    }

    public mutating func epochEnds(_ run: TrainingRun) throws {
        guard let value = run.log(monitor) else {
            let names = run.logs.map(\.name).joined(separator: ", ")
            throw TrainingError.argument(
                name: "learning rate", cause: "'\(monitor)' is not measured, but \(names)")
        }
        if cooling > 0 {
            cooling -= 1
            waited = 0
        }
        let isHigherBetter = monitoring.isHigherBetter(monitor)
        let isBetter =
            best.map { isHigherBetter ? value > $0 + minimumChange : value < $0 - minimumChange }
            ?? !value.isNaN
        if isBetter {
            (best, waited) = (value, 0)
        } else if cooling == 0 {
            waited += 1
            if waited >= patience, run.learningRate > lowestRate {
                run.learningRate = max(run.learningRate * factor, lowestRate)
                (cooling, waited) = (cooldown, 0)
            }
        }
    }

    public var savedState: SavedState {
        SavedState(["best": best.savedJSON, "waited": .int(waited), "cooling": .int(cooling)])
    }

    public mutating func resume(from state: SavedState) {
        best = state["best"]?.double
        waited = state["waited"]?.int ?? 0
        cooling = state["cooling"]?.int ?? 0
    }

    public var job: String? {
        "ReduceLearningRateOnPlateau(\(monitor), \(monitoring), factor \(factor), "
            + "patience \(patience), change \(minimumChange), cooldown \(cooldown), "
            + "lowest \(lowestRate))"
    }
}
