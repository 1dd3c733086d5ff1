/// Sets the learning rate at the beginning of each epoch.
public struct LearningRateScheduler: Callback {
    private let rate: (_ epoch: Int, _ rate: Double) -> Double

    /// - Parameter rate: the new rate, given the epoch from 0 and the rate before.
    public init(_ rate: @escaping (_ epoch: Int, _ rate: Double) -> Double) { self.rate = rate }

    public mutating func epochBegins(_ run: TrainingRun) {
        run.learningRate = rate(run.epoch, run.learningRate)
    }
}
