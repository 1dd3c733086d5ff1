internal import SwiftletFiles

/// Puts the averages that an optimizer keeps (``OptimizerOptions/average``) in place of the weights
/// for validation and for what other callbacks see at the end of an epoch, and the weights back for
/// the next one. In the end the model has the averages.
///
/// Keras's callback of that name with `swap_on_epoch=True`; it stands before those that save the
/// model.
public struct SwapEMAWeights: Callback {
    private var isSwapped = false

    public init() {}

    public mutating func trainingBegins(_ run: TrainingRun) throws {
        guard run.keepsAverages else {
            throw TrainingError.argument(
                name: "averaged weights", cause: "the optimizer keeps no averages of the weights")
        }
    }

    public mutating func epochBegins(_ run: TrainingRun) throws {
        if isSwapped { try swap(run) }
    }

    public mutating func validationBegins(_ run: TrainingRun) throws {
        if !isSwapped { try swap(run) }
    }

    public mutating func epochEnds(_ run: TrainingRun) throws {
        if !isSwapped { try swap(run) }
    }

    public var savedState: SavedState { SavedState(["swapped": .bool(isSwapped)]) }

    public mutating func resume(from state: SavedState) {
        isSwapped = state["swapped"]?.bool ?? false
    }

    public mutating func trainingResumes(_ run: TrainingRun) { run.showsAverages = isSwapped }

    private mutating func swap(_ run: TrainingRun) throws {
        try run.swapAverages()
        isSwapped.toggle()
    }
}
