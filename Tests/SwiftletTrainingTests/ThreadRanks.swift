import Foundation
import SwiftletGraph
import Synchronization

/// Ranks that are threads of one process.
final class ThreadRanks: Sendable {
    let count: Int
    private let board = Board()

    /// Where each rank puts what the others take.
    private final class Board: @unchecked Sendable {
        let condition = NSCondition()
        var parts: [Int: [UInt8]] = [:]
        var arrived = 0
        var round = 0
        var failure: (any Error)?
    }

    init(count: Int) { self.count = count }

    struct Rank: Communicator {
        let rank: Int
        let ranks: ThreadRanks
        var count: Int { ranks.count }

        func gather(
            _ own: UnsafeRawBufferPointer, counts: [Int], into all: UnsafeMutableRawBufferPointer
        ) throws {
            var place = 0
            try ranks.meet(rank, bringing: Array(own)) { from, bytes in
                guard bytes.count == counts[from] else { throw CommunicationError("counts differ") }
                all[place..<place + bytes.count].copyBytes(from: bytes)
                place += bytes.count
            }
        }

        func exchange(
            _ sent: UnsafeRawBufferPointer, counts sentCounts: [Int],
            into received: UnsafeMutableRawBufferPointer, counts receivedCounts: [Int]
        ) throws {
            let start = sentCounts[..<rank].reduce(0, +)
            var place = 0
            try ranks.meet(rank, bringing: Array(sent)) { from, bytes in
                let part = bytes[start..<start + sentCounts[rank]]
                guard part.count == receivedCounts[from] else {
                    throw CommunicationError("counts differ")
                }
                received[place..<place + part.count].copyBytes(from: part)
                place += part.count
            }
        }
    }

    /// Waits until all ranks have brought their bytes, takes them in order, and waits until all have.
    private func meet(
        _ rank: Int, bringing bytes: [UInt8], _ take: (Int, [UInt8]) throws -> Void
    ) throws {
        try wait { $0.parts[rank] = bytes }
        let parts = board.condition.withLock { board.parts }
        for from in 0..<count { try take(from, parts[from] ?? []) }
        try wait { _ in }
    }

    private func wait(_ change: (Board) -> Void) throws {
        board.condition.lock()
        defer { board.condition.unlock() }
        change(board)
        board.arrived += 1
        let round = board.round
        if board.arrived == count {
            (board.arrived, board.round) = (0, round + 1)
            board.condition.broadcast()
        }
        while board.round == round {
            if let failure = board.failure { throw failure }
            board.condition.wait()
        }
    }

    /// Runs `body` once for every rank, at the same time; a rank that throws ends the others.
    ///
    /// - Returns: the results in the order of the ranks.
    static func run<Result: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Rank) throws -> Result
    ) throws -> [Result] {
        let ranks = ThreadRanks(count: count)
        let results = Mutex<[Int: Result]>([:])
        let group = DispatchGroup()
        for rank in 0..<count {
            group.enter()
            Thread.detachNewThread {
                do {
                    let result = try body(Rank(rank: rank, ranks: ranks))
                    results.withLock { $0[rank] = result }
                } catch {
                    ranks.board.condition.withLock {
                        ranks.board.failure = ranks.board.failure ?? error
                        ranks.board.condition.broadcast()
                    }
                }
                group.leave()
            }
        }
        group.wait()
        if let failure = ranks.board.condition.withLock({ ranks.board.failure }) { throw failure }
        return results.withLock { found in (0..<count).compactMap { found[$0] } }
    }
}
