/// What carries bytes between ranks: processes that train one model together, each on its share of
/// every batch.
///
/// All ranks call the same functions in the same order, one thread of each at a time; every call waits for the others. A rank
/// that fails has to end the others too, or they wait for ever.
public protocol Communicator: Sendable {
    /// The number of this rank, from 0.
    var rank: Int { get }
    /// Ranks, at least 1.
    var count: Int { get }

    /// Brings everybody's own bytes to all ranks, in the order of the ranks.
    ///
    /// - Parameters:
    ///   - own: `counts[rank]` bytes.
    ///   - all: the sum of `counts`.
    func gather(
        _ own: UnsafeRawBufferPointer, counts: [Int], into all: UnsafeMutableRawBufferPointer
    ) throws

    /// Sends every rank a part of its own, and takes one from each.
    ///
    /// - Parameters:
    ///   - sent: the parts for the ranks in their order, `sentCounts` bytes.
    ///   - received: the parts from the ranks in their order, `receivedCounts` bytes.
    func exchange(
        _ sent: UnsafeRawBufferPointer, counts sentCounts: [Int],
        into received: UnsafeMutableRawBufferPointer, counts receivedCounts: [Int]
    ) throws
}

/// Why ranks could not work together.
public struct CommunicationError: Error, Equatable, CustomStringConvertible {
    public let cause: String
    public init(_ cause: String) { self.cause = cause }
    public var description: String { "ranks: \(cause)" }
}
