internal import SwiftletFiles

/// A file that holds all of a training's state, so that one that was broken off, by a crash or a power
/// cut say, goes on where it was: the same call then ends with the same weights and history, bit for
/// bit, as if nothing had happened.
///
/// ```swift
/// var options = FitOptions(epochs: 50)
/// options.backup = TrainingBackup("digits.state")
/// try model.fit(digits.train, options: options)
/// ```
///
/// The file holds weights, the optimizer's state, the place in the epoch with the sums of loss and
/// metrics so far, the history, and what callbacks remember (``Callback/savedState``). All that is random
/// follows from the seed and the number of the step. The file is replaced as a whole and synced.
public struct TrainingBackup: Sendable {
    public var path: String
    /// Seconds between two saves within an epoch; 0 saves after every batch. Large models are
    /// saved less often, so that saving takes a thirtieth of the time at most.
    public var seconds: Double
    /// Whether the file is deleted at the end of the training. Otherwise it then holds the end of it, for a
    /// caller who deletes it once he has saved the model.
    public var isRemovedAtEnd: Bool

    public init(_ path: String, everySeconds seconds: Double = 10, isRemovedAtEnd: Bool = true) {
        self.path = path
        self.seconds = seconds
        self.isRemovedAtEnd = isRemovedAtEnd
    }

    /// Deletes the file, if there is one.
    package func remove() throws { try removeFile(path) }
}

/// Reads and writes the state of one job.
struct BackupWriter {
    private let backup: TrainingBackup
    private let job: TrainingJob
    /// A digest of the weights that the training starts from.
    private let startDigest: String
    /// Of several ranks one writes what all of them read.
    private let isWriter: Bool
    private var last = ContinuousClock.now
    private var cost = Duration.zero
    /// The time between saves is at least so many times what a save takes.
    private static let thrift = 30

    init(_ backup: TrainingBackup, startDigest: String, job: TrainingJob, isWriter: Bool) {
        (self.backup, self.startDigest, self.job) = (backup, startDigest, job)
        self.isWriter = isWriter
    }

    var path: String { backup.path }

    /// What an earlier process left; nil if there is nothing.
    func saved() throws -> TrainingState? {
        guard PathKind(path) != .missing else { return nil }
        return try TrainingState(
            StateFile(contentsOf: path), path: path, job: job, startDigest: startDigest)
    }

    /// - Parameter isEpochEnd: whether nothing is lost of an epoch at this moment.
    func isDue(isEpochEnd: Bool) -> Bool {
        guard isWriter else { return false }
        if backup.seconds <= 0 { return true }
        let passed = ContinuousClock.now - last
        return passed > cost * Self.thrift && (isEpochEnd || passed > .seconds(backup.seconds))
    }

    mutating func save(_ state: TrainingState) throws {
        guard isWriter else { return }
        let start = ContinuousClock.now
        try state.file(of: job).write(to: path)
        last = ContinuousClock.now
        cost = last - start
    }

    /// - Parameter result: a digest of the trained weights.
    func end(_ state: TrainingState, result: String) throws {
        guard isWriter else { return }
        if backup.isRemovedAtEnd { return try backup.remove() }
        try state.file(of: job, result: result).write(to: path)
    }
}
