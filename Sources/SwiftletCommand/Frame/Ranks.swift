internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletMPI
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A command that several processes do together under `mpirun`.
protocol RankedSubcommand: Subcommand {}

/// The processes of one `mpirun`, of which this may be one.
enum Ranks {
    private static let joined = Mutex<MPICommunicator?>(nil)

    /// What this process shares its work out by; nil if it is alone.
    static var communicator: MPICommunicator? { joined.withLock(\.self) }

    /// Whether this process is the one that tells of the work and writes its results.
    static var isFirst: Bool { communicator?.rank ?? 0 == 0 }

    /// Joins the other processes, if there are some.
    static func join(for command: some Subcommand) throws {
        guard MPICommunicator.isLaunched else { return }
        guard command is any RankedSubcommand else {
            // All refuse, one says so.
            guard MPICommunicator.launchedRank == 0 else { throw ExitCode.failure }
            throw CommandError(
                "mpirun", "only train and evaluate share their work out; predict has --shard k/n")
        }
        let communicator = try MPICommunicator()
        joined.withLock { $0 = communicator }
    }

    /// Leaves the others, once all have done their part.
    static func leave() {
        communicator?.finish()
        joined.withLock { $0 = nil }
    }

    /// What goes before an error, and how all processes end with one.
    ///
    /// Most errors are those of all ranks: the first one tells of it, and ends the others before they do.
    static var errorPrefix: String {
        guard let communicator, communicator.rank > 0 else { return "" }
        sleep(1)
        return "rank \(communicator.rank): "
    }

    static func abort(status: Int32) { communicator?.abort(status: status) }
}
