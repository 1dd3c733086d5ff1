/// Ends a training as soon as the loss of a batch is no finite number.
public struct TerminateOnNaN: Callback {
    public init() {}

    public mutating func batchEnds(_ run: TrainingRun) {
        guard !run.batchLoss.isFinite else { return }
        run.stop("the loss of batch \(run.batch + 1) in epoch \(run.epoch + 1) is \(run.batchLoss)")
    }
}
