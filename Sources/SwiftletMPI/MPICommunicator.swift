internal import CMPI
public import SwiftletGraph

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The processes that `mpirun` of Open MPI started together.
///
/// ```swift
/// let ranks = try MPICommunicator()
/// options.communicator = ranks
/// try model.fit(data, options: options)
/// if ranks.rank == 0 { try model.save(to: "trained.keras") }
/// ranks.finish()
/// ```
///
/// Needs the package trait `MPI`. The library is loaded, not linked: programs start without it.
public final class MPICommunicator: Communicator {
    public let rank: Int
    public let count: Int

    /// Whether `mpirun` started this process with others.
    public static var isLaunched: Bool { number("OMPI_COMM_WORLD_SIZE") ?? 1 > 1 }

    /// This process's number among them, before it has joined them; 0 if there are none.
    public static var launchedRank: Int { number("OMPI_COMM_WORLD_RANK") ?? 0 }

    private static func number(_ variable: String) -> Int? {
        getenv(variable).flatMap { Int(String(cString: $0)) }
    }

    /// Joins the other processes, all of which have to do so.
    ///
    /// - Throws: ``CommunicationError`` if Open MPI cannot be loaded, or the trait is missing.
    public init() throws {
        var (rank, count, error) = (Int32(0), Int32(1), sl_mpi_error())
        guard sl_mpi_start(&rank, &count, &error) != 0 else { throw Self.failure(error) }
        (self.rank, self.count) = (Int(rank), Int(count))
    }

    public func gather(
        _ own: UnsafeRawBufferPointer, counts: [Int], into all: UnsafeMutableRawBufferPointer
    ) throws {
        let parts = try Parts(counts)
        var error = sl_mpi_error()
        guard
            sl_mpi_gather(
                own.baseAddress, parts.counts[rank], all.baseAddress, parts.counts, parts.offsets,
                &error) != 0
        else { throw Self.failure(error) }
    }

    public func exchange(
        _ sent: UnsafeRawBufferPointer, counts sentCounts: [Int],
        into received: UnsafeMutableRawBufferPointer, counts receivedCounts: [Int]
    ) throws {
        let (outgoing, incoming) = (try Parts(sentCounts), try Parts(receivedCounts))
        var error = sl_mpi_error()
        guard
            sl_mpi_exchange(
                sent.baseAddress, outgoing.counts, outgoing.offsets, received.baseAddress,
                incoming.counts, incoming.offsets, &error) != 0
        else { throw Self.failure(error) }
    }

    /// Leaves the other processes, which have to do so too; nothing can be sent afterwards.
    public func finish() { sl_mpi_finish() }

    /// Ends all processes: what a rank does that fails, as the others would wait for it.
    public func abort(status: Int32) { sl_mpi_abort(status) }

    private static func failure(_ error: sl_mpi_error) -> CommunicationError {
        CommunicationError(
            withUnsafeBytes(of: error.text) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            })
    }

    /// Parts of a message as MPI counts them, with 32 bits.
    private struct Parts {
        var counts: [Int32] = []
        var offsets: [Int32] = []

        init(_ sizes: [Int]) throws {
            var offset = 0
            for size in sizes {
                guard let count = Int32(exactly: size), let start = Int32(exactly: offset),
                    size >= 0
                else {
                    throw CommunicationError(
                        "a message of \(sizes.reduce(0, +)) bytes; 2 GiB are the most")
                }
                counts.append(count)
                offsets.append(start)
                offset += size
            }
        }
    }
}
