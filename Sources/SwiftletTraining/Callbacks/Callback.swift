/// Something that watches a training and may steer it.
///
/// All methods have empty defaults. What they throw ends the training with that error.
public protocol Callback {
    mutating func trainingBegins(_ run: TrainingRun) throws
    /// After ``trainingBegins(_:)`` and ``resume(from:)``, if the training goes on where an earlier process
    /// stopped: perhaps in the middle of an epoch, whose beginning is not told again.
    mutating func trainingResumes(_ run: TrainingRun) throws
    mutating func epochBegins(_ run: TrainingRun) throws
    mutating func batchBegins(_ run: TrainingRun) throws
    /// ``TrainingRun/logs`` holds the means over the epoch so far.
    mutating func batchEnds(_ run: TrainingRun) throws
    /// After the epoch's batches, if there is something to validate with.
    mutating func validationBegins(_ run: TrainingRun) throws
    mutating func validationEnds(_ run: TrainingRun) throws
    /// ``TrainingRun/logs`` holds the epoch's results, validation included.
    mutating func epochEnds(_ run: TrainingRun) throws
    /// Also called after a stop, not after an error.
    mutating func trainingEnds(_ run: TrainingRun) throws

    /// What the callback has to remember so that a training that was broken off can go on, with the
    /// same options and another process; see ``TrainingBackup``. Asked between two batches.
    var savedState: SavedState { get throws }
    /// Takes over what ``Callback/savedState`` gave, after ``Callback/trainingBegins(_:)``. What happened since then
    /// happens once more: files have to be cut back to what the state knows of.
    mutating func resume(from state: SavedState) throws
    /// What kind of callback this is and its options, as far as they decide what the training does. A
    /// state of another job is refused; nil for a callback that only watches.
    var job: String? { get }
}

extension Callback {
    public mutating func trainingBegins(_ run: TrainingRun) throws {}
    public mutating func trainingResumes(_ run: TrainingRun) throws {}
    public mutating func epochBegins(_ run: TrainingRun) throws {}
    public mutating func batchBegins(_ run: TrainingRun) throws {}
    public mutating func batchEnds(_ run: TrainingRun) throws {}
    public mutating func validationBegins(_ run: TrainingRun) throws {}
    public mutating func validationEnds(_ run: TrainingRun) throws {}
    public mutating func epochEnds(_ run: TrainingRun) throws {}
    public mutating func trainingEnds(_ run: TrainingRun) throws {}
    public var savedState: SavedState { SavedState() }
    public mutating func resume(from state: SavedState) throws {}
    public var job: String? { "\(type(of: self))" }
}

/// Whether a lower or a higher value of what is watched is better.
public enum Monitoring: String, Sendable {
    case lower, higher
    /// Higher for accuracies and other scores, lower for the rest.
    case automatic

    func isHigherBetter(_ name: String) -> Bool {
        switch self {
        case .lower: return false
        case .higher: return true
        case .automatic:
            let scores = ["acc", "auc", "precision", "recall", "f1", "true_", "iou"]
            return scores.contains { name.lowercased().contains($0) }
        }
    }
}

/// Calls functions of the user's; Keras's `LambdaCallback`.
public struct FunctionCallback: Callback {
    public typealias Function = (TrainingRun) throws -> Void

    public var onTrainingBegin: Function?
    public var onEpochBegin: Function?
    public var onBatchBegin: Function?
    public var onBatchEnd: Function?
    public var onValidationBegin: Function?
    public var onValidationEnd: Function?
    public var onEpochEnd: Function?
    public var onTrainingEnd: Function?

    public init(
        onTrainingBegin: Function? = nil, onEpochBegin: Function? = nil,
        onBatchBegin: Function? = nil, onBatchEnd: Function? = nil,
        onValidationBegin: Function? = nil, onValidationEnd: Function? = nil,
        onEpochEnd: Function? = nil, onTrainingEnd: Function? = nil
    ) {
        (self.onTrainingBegin, self.onTrainingEnd) = (onTrainingBegin, onTrainingEnd)
        (self.onEpochBegin, self.onEpochEnd) = (onEpochBegin, onEpochEnd)
        (self.onBatchBegin, self.onBatchEnd) = (onBatchBegin, onBatchEnd)
        (self.onValidationBegin, self.onValidationEnd) = (onValidationBegin, onValidationEnd)
    }

    public mutating func trainingBegins(_ run: TrainingRun) throws { try onTrainingBegin?(run) }
    public mutating func epochBegins(_ run: TrainingRun) throws { try onEpochBegin?(run) }
    public mutating func batchBegins(_ run: TrainingRun) throws { try onBatchBegin?(run) }
    public mutating func batchEnds(_ run: TrainingRun) throws { try onBatchEnd?(run) }
    public mutating func validationBegins(_ run: TrainingRun) throws {
        try onValidationBegin?(run)
    }
    public mutating func validationEnds(_ run: TrainingRun) throws { try onValidationEnd?(run) }
    public mutating func epochEnds(_ run: TrainingRun) throws { try onEpochEnd?(run) }
    public mutating func trainingEnds(_ run: TrainingRun) throws { try onTrainingEnd?(run) }
    public var job: String? { nil }
}
