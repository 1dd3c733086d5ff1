internal import CKernels
internal import SwiftletTensor
internal import Synchronization

/// Sums and gathers across the ranks of a training.
///
/// Sums are taken number by number in the order of the ranks, so all ranks get the same bits, and the same
/// number of ranks gives the same bits every time. Every rank adds up one part of the numbers and sends the
/// sums to the others: of `n` bytes `2 n (ranks − 1) / ranks` leave each rank, the least that is possible.
package final class RankGroup: Sendable {
    package let rank: Int
    package let count: Int
    private let communicator: any Communicator
    private let state = Mutex(State())

    /// What has left this rank.
    package struct Traffic: Sendable, Equatable {
        package var messages = 0
        package var bytes = 0
    }

    private struct State: ~Copyable {
        var traffic = Traffic()
        var buffers: Buffers?
    }

    /// Room for the numbers that are summed in one go.
    private struct Buffers {
        let piece: TensorStorage
        let received: TensorStorage

        init(floats: Int) throws {
            piece = try TensorStorage(byteCount: floats * MemoryLayout<Float>.stride)
            received = try TensorStorage(byteCount: floats * MemoryLayout<Float>.stride)
        }
    }

    /// Floats that are summed in one go.
    private static let pieceCount = 1 << 20
    /// Floats that are cheaper to send to everybody than to sum in parts.
    private static let smallCount = 512

    package init(_ communicator: any Communicator) {
        self.communicator = communicator
        (rank, count) = (communicator.rank, communicator.count)
    }

    package var traffic: Traffic { state.withLock { $0.traffic } }

    /// Whether every rank gets some of so many rows; fewer are computed by all ranks as a whole.
    package func sharesOut(_ rows: Int) -> Bool { count > 1 && rows >= count }

    /// What this rank computes of so many rows.
    package func share(of rows: Int) -> Range<Int> {
        sharesOut(rows) ? Shares(total: rows, ranks: count)[rank] : 0..<rows
    }

    // MARK: Sums

    /// Adds up what all ranks have in the given places, in the order given.
    package func sum(_ places: [UnsafeMutableBufferPointer<Float>]) throws {
        let total = places.reduce(0) { $0 + $1.count }
        guard count > 1, total > 0 else { return }
        let buffers = try buffers()
        let piece = buffers.piece.pointer.assumingMemoryBound(to: Float.self)
        var copied = PlaceWalk(places)
        var written = copied
        var left = total
        while left > 0 {
            let size = min(left, Self.pieceCount)
            copied.advance(by: size) { (piece + $1).update(from: $0.baseAddress, count: $0.count) }
            try sum(piece, count: size, buffers)
            written.advance(by: size) { $0.baseAddress.update(from: piece + $1, count: $0.count) }
            left -= size
        }
    }

    private func buffers() throws -> Buffers {
        if let buffers = state.withLock({ $0.buffers }) { return buffers }
        // Small pieces are gathered from all ranks, large ones come back as large as they were.
        let floats = max(Self.pieceCount + count, Self.smallCount * count)
        let made = try Buffers(floats: floats)
        state.withLock { $0.buffers = made }
        return made
    }

    private func sum(_ numbers: UnsafeMutablePointer<Float>, count size: Int, _ buffers: Buffers)
        throws
    {
        let received = buffers.received.pointer.assumingMemoryBound(to: Float.self)
        if size <= Self.smallCount {
            try gather(numbers, [Int](repeating: size, count: count), into: received)
            sl_sum_rows(received, count, size, numbers)
            return
        }
        let parts = Shares(total: size, ranks: count)
        let own = parts[rank]
        try exchange(numbers, parts.counts, into: received, own.count)
        sl_sum_rows(received, count, own.count, numbers + own.lowerBound)
        // Out of the way of what the other ranks send.
        received.update(from: numbers + own.lowerBound, count: own.count)
        try gather(received, parts.counts, into: numbers)
    }

    /// Adds up a few numbers of double precision.
    package func sum(_ numbers: UnsafeMutableBufferPointer<Double>) throws {
        guard count > 1, !numbers.isEmpty, let start = numbers.baseAddress else { return }
        let size = numbers.count
        let all = try TensorStorage(byteCount: count * size * MemoryLayout<Double>.stride)
        let received = all.pointer.assumingMemoryBound(to: Double.self)
        try gather(start, [Int](repeating: size, count: count), into: received)
        for index in 0..<size {
            numbers[index] = (0..<count).reduce(0) { $0 + received[$1 * size + index] }
        }
    }

    // MARK: Agreement

    /// Whether any rank says so.
    package func any(_ condition: Bool) throws -> Bool {
        guard count > 1 else { return condition }
        return try gather(number: condition ? 1 : 0).contains(1)
    }

    /// Whether all ranks have the same number.
    package func agree(on number: UInt64) throws -> Bool {
        try gather(number: number).allSatisfy { $0 == number }
    }

    /// The numbers of all ranks.
    package func gather(number: UInt64) throws -> [UInt64] {
        var all = [UInt64](repeating: 0, count: count)
        try withUnsafePointer(to: number) { own in
            try all.withUnsafeMutableBufferPointer { all in
                guard let start = all.baseAddress else { return }
                try gather(own, [Int](repeating: 1, count: count), into: start)
            }
        }
        return all
    }

    // MARK: Transport

    /// `counts[rank]` bytes of every rank, brought to all.
    package func gather(
        _ own: UnsafeRawBufferPointer, counts: [Int], into all: UnsafeMutableRawPointer
    ) throws {
        guard own.count == counts[rank] else {
            throw CommunicationError("\(own.count) bytes to send, \(counts[rank]) expected")
        }
        try communicator.gather(
            own, counts: counts,
            into: UnsafeMutableRawBufferPointer(start: all, count: counts.reduce(0, +)))
        note(own.count * (count - 1))
    }

    private func gather<Element>(
        _ own: UnsafePointer<Element>, _ counts: [Int], into all: UnsafeMutablePointer<Element>
    ) throws {
        let bytes = counts.map { $0 * MemoryLayout<Element>.stride }
        try gather(
            UnsafeRawBufferPointer(start: own, count: bytes[rank]), counts: bytes, into: all)
    }

    private func exchange(
        _ sent: UnsafePointer<Float>, _ counts: [Int], into received: UnsafeMutablePointer<Float>,
        _ own: Int
    ) throws {
        let bytes = counts.map { $0 * MemoryLayout<Float>.stride }
        let each = [Int](repeating: bytes[rank], count: count)
        try communicator.exchange(
            UnsafeRawBufferPointer(start: sent, count: bytes.reduce(0, +)), counts: bytes,
            into: UnsafeMutableRawBufferPointer(start: received, count: bytes[rank] * count),
            counts: each)
        note(bytes.reduce(0, +) - bytes[rank])
    }

    private func note(_ bytes: Int) {
        state.withLock {
            $0.traffic.messages += 1
            $0.traffic.bytes += bytes
        }
    }
}

/// Goes through places in memory as if they were one.
private struct PlaceWalk {
    private let places: [UnsafeMutableBufferPointer<Float>]
    private var place = 0
    private var offset = 0

    struct Stretch {
        let baseAddress: UnsafeMutablePointer<Float>
        let count: Int
    }

    init(_ places: [UnsafeMutableBufferPointer<Float>]) { self.places = places }

    /// Calls `body` with each stretch of the next `size` numbers and where it begins among them.
    mutating func advance(by size: Int, _ body: (Stretch, Int) -> Void) {
        var done = 0
        while done < size, place < places.count {
            let current = places[place]
            let stretch = min(size - done, current.count - offset)
            if stretch > 0, let start = current.baseAddress {
                body(Stretch(baseAddress: start + offset, count: stretch), done)
            }
            done += stretch
            offset += stretch
            if offset == current.count { (place, offset) = (place + 1, 0) }
        }
    }
}
