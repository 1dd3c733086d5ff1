internal import SwiftletMachine
internal import Synchronization

/// Threads that share out the parts of one operation.
///
/// The work is cut by its shape, never by the number of threads, so results do not depend on it.
/// All workers of a process share the same persistent threads. Several callers may be at work at
/// once; a caller always takes part in its own work and hence never waits for a free thread.
public final class Workers: Sendable {
    /// Threads that take part in a call, the caller's own included.
    public let count: Int
    private let pool: WorkerPool?

    /// - Parameter count: threads to use, at least 1; nil for one per processor.
    public init(count: Int? = nil) {
        self.count = max(1, count ?? Self.processorCount)
        pool = self.count > 1 ? .shared : nil
        pool?.start(helpers: self.count - 1)
    }

    /// Processors this process may run on.
    public static var processorCount: Int { Machine.processorCount }

    /// The calling thread alone.
    public static let single = Workers(count: 1)

    /// Calls `body(part)` once for every part in `0..<parts`, in any order, on any of the threads;
    /// returns when all calls have returned.
    public func forEach(parts: Int, _ body: (Int) -> Void) {
        forEach(parts: parts) { part, _ in body(part) }
    }

    /// The same; `body(part, thread)` also learns which thread calls it, numbered from 0 and below
    /// ``count``: calls that share a number never overlap, so they may share scratch memory.
    package func forEach(parts: Int, _ body: (_ part: Int, _ thread: Int) -> Void) {
        guard parts > 1, let pool else {
            for part in 0..<max(0, parts) { body(part, 0) }
            return
        }
        pool.run(parts: parts, threads: count, body)
    }

    /// Cuts `0..<count` into ranges of about `grain` and calls `body` once for each.
    public func forEach(count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let grain = max(1, grain)
        forEach(parts: (count + grain - 1) / grain) { part in
            body(part * grain..<min(count, (part + 1) * grain))
        }
    }

    /// Calls `body(round, share)` for all shares of round 0, then for all of round 1, and so on:
    /// for rounds so short that a ``forEach(parts:_:)`` for each would cost more than it saves.
    ///
    /// A thread that is late or absent is not waited for; its shares are taken by the others.
    package func forEachRound(
        count: Int, shares: Int, _ body: (_ round: Int, _ share: Int) -> Void
    ) {
        guard shares > 1, pool != nil else {
            for round in 0..<max(0, count) {
                for share in 0..<max(0, shares) { body(round, share) }
            }
            return
        }
        let rounds = Rounds(count: count, shares: shares)
        forEach(parts: self.count) { part, _ in
            if part == 0 { rounds.lead(body) } else { rounds.follow(body) }
        }
    }

    /// Runs `body`, between whose calls of `forEach` the threads stay awake.
    package func engaged<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let pool else { return try body() }
        pool.engaged.add(1, ordering: .relaxed)
        defer { pool.engaged.subtract(1, ordering: .relaxed) }
        return try body()
    }
}

/// Rounds of shares that must follow each other. One thread leads: it ends a round when all its
/// shares are done, whoever did them.
private struct Rounds: ~Copyable, Sendable {
    private let count: Int
    private let shares: Int
    /// The current round and the next share of it that nobody has taken. The first round is open from
    /// the beginning: others may be there before the leader.
    private let ticket = Atomic<Int>(0)
    /// Shares done, of all rounds together.
    private let done = Atomic<Int>(0)

    private static let shareBits = 20

    init(count: Int, shares: Int) {
        self.count = count
        self.shares = shares
    }

    func lead(_ body: (Int, Int) -> Void) {
        for round in 0..<count {
            if round > 0 { ticket.store(round << Self.shareBits, ordering: .releasing) }
            takeShares(body)
            var wait = Wait()
            while done.load(ordering: .acquiring) < (round + 1) * shares { wait.pause() }
        }
        ticket.store(count << Self.shareBits, ordering: .releasing)
    }

    func follow(_ body: (Int, Int) -> Void) {
        var wait = Wait()
        while ticket.load(ordering: .relaxed) >> Self.shareBits < count {
            if takeShares(body) { wait = Wait() } else { wait.pause() }
        }
    }

    /// - Returns: whether there was one.
    @discardableResult
    private func takeShares(_ body: (Int, Int) -> Void) -> Bool {
        var took = false
        let mask = 1 << Self.shareBits - 1
        while ticket.load(ordering: .relaxed) & mask < shares {
            let taken = ticket.wrappingAdd(1, ordering: .acquiring).oldValue
            let (round, share) = (taken >> Self.shareBits, taken & mask)
            guard share < shares, round < count else { break }
            body(round, share)
            done.add(1, ordering: .releasing)
            took = true
        }
        return took
    }
}
