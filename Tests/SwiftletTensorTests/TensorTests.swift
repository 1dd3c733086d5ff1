import SwiftletTensor
import Synchronization
import Testing

@Suite struct TensorTests {
    @Test func overflowIsAnError() {
        #expect(throws: TensorError.tooLarge([1 << 40, 1 << 40])) {
            try Shape([1 << 40, 1 << 40])
        }
        #expect(throws: TensorError.negativeDimension([2, -1])) { try Shape([2, -1]) }
        #expect(throws: TensorError.elementCount(expected: 6, found: 5)) {
            try Tensor([1, 2, 3, 4, 5] as [Float], shape: [2, 3])
        }
    }

    @Test func broadcasting() {
        #expect(([2, 1, 3] as Shape).broadcast(with: [4, 1]) == [2, 4, 3])
        #expect(([2, 3] as Shape).broadcast(with: [2]) == nil)
        #expect(Shape.scalar.broadcast(with: [5]) == [5])
    }

    @Test func writesCopy() throws {
        let original = try Tensor([1, 2] as [Float])
        var copy = original
        try copy.withUnsafeMutableBytes { $0.assumingMemoryBound(to: Float.self)[0] = 9 }
        #expect(try original.floats() == [1, 2])
        #expect(try copy.floats() == [9, 2])
    }

    @Test(arguments: DType.allCases.filter { $0 != .string })
    func smallIntegersSurviveEveryType(_ dtype: DType) throws {
        let values: [Float] = dtype == .bool ? [0, 1, 1] : [0, 1, 100]
        let there = try Tensor(values).converted(to: dtype)
        #expect(there.dtype == dtype)
        #expect(try there.floats() == values)
    }

    @Test func conversionSaturates() throws {
        let tensor = try Tensor([-1.7, 300, .nan, .infinity] as [Double])
        #expect(try tensor.converted(to: .uint8).elements(of: UInt8.self) == [0, 255, 0, 255])
        #expect(try tensor.converted(to: .int32).elements(of: Int32.self)[0] == -1)
    }

    @Test func rowsAreTakenInOrder() throws {
        let tensor = try Tensor([1, 2, 3, 4, 5, 6] as [Int32], shape: [3, 2])
        #expect(try tensor.rows(at: [2, 0]).elements(of: Int32.self) == [5, 6, 1, 2])
        #expect(throws: TensorError.self) { try tensor.rows(1..<4) }
    }
}

@Suite struct CounterRandomTests {
    /// Known answers of Philox4x32-10 from the Random123 distribution's `kat_vectors`.
    @Test func philoxKnownAnswers() {
        #expect(
            CounterRandom(seed: 0).block(0)
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            CounterRandom(seed: .max, stream: .max).block(.max)
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    }

    @Test func normalHasItsMoments() {
        let random = CounterRandom(seed: 7)
        let values = (0..<20_000).map { Double(random.normal(at: $0)) }
        let mean = values.reduce(0, +) / 20_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        #expect(abs(mean) < 0.02)
        #expect(abs(variance - 1) < 0.03)
    }

    @Test func permutationHoldsEveryNumber() {
        let order = CounterRandom(seed: 1).permutation(of: 100)
        #expect(order != Array(0..<100))
        #expect(order.sorted() == Array(0..<100))
    }
}

@Suite struct ForeignBytesTests {
    /// Bytes that lie one byte behind a multiple of their element's size.
    private final class Misplaced: Sendable {
        nonisolated(unsafe) let memory = UnsafeMutableRawPointer.allocate(
            byteCount: 17, alignment: 16)
        var bytes: UnsafeRawBufferPointer { .init(start: memory + 1, count: 16) }
        deinit { memory.deallocate() }
    }

    @Test func misplacedElementsAreReadAligned() throws {
        let owner = Misplaced()
        let values: [Float] = [1, -2, 3.5, 4]
        values.withUnsafeBytes {
            (owner.memory + 1).copyMemory(from: $0.baseAddress!, byteCount: 16)
        }
        let storage = TensorStorage(viewing: owner.bytes, elementSize: 4, owner: owner)
        #expect(Int(bitPattern: try storage.aligned().pointer) % 4 == 0)
        #expect(Int(bitPattern: storage.pointer) % 4 == 0)
        #expect(storage.pointer == storage.pointer)
        let tensor = try Tensor(storage: storage, shape: [4], dtype: .float32)
        #expect(try tensor.floats() == values)
        #expect(try tensor.readOnce.floats() == values)
    }
}

@Suite struct WorkersTests {
    @Test(arguments: [1, 2, 4]) func everyPartRunsOnce(threads: Int) {
        let workers = Workers(count: threads)
        for _ in 0..<200 {
            var counts = [Int](repeating: 0, count: 37)
            counts.withUnsafeMutableBufferPointer { counts in
                nonisolated(unsafe) let counts = counts
                workers.forEach(parts: 37) { counts[$0] += 1 }
            }
            #expect(counts.allSatisfy { $0 == 1 })
        }
    }

    @Test("a round begins when the one before has ended", arguments: [1, 2, 3])
    func roundsFollowEachOther(threads: Int) {
        let workers = Workers(count: threads)
        let (rounds, shares) = (8, 5)
        // Often, since it takes luck that another thread is there before the one that leads.
        for _ in 0..<3_000 {
            let found = Mutex([Int]())
            workers.forEachRound(count: rounds, shares: shares) { round, share in
                found.withLock { $0.append(round * shares + share) }
            }
            let order = found.withLock { $0 }
            #expect(order.sorted() == Array(0..<rounds * shares))
            #expect(order.map { $0 / shares } == (0..<rounds * shares).map { $0 / shares })
        }
    }

    @Test("callers at once, and calls within calls") func callersShareThreads() {
        let total = Mutex(0)
        Workers(count: 4).forEach(parts: 8) { _ in
            let workers = Workers(count: 2)
            for _ in 0..<50 {
                workers.engaged {
                    workers.forEach(parts: 6) { part in total.withLock { $0 += part } }
                }
            }
        }
        #expect(total.withLock { $0 } == 8 * 50 * 15)
    }

    @Test("calls that share a thread's number never overlap", arguments: [1, 2, 4])
    func numbersThreads(threads: Int) {
        let workers = Workers(count: threads)
        let isBusy = Mutex([Bool](repeating: false, count: threads))
        let calls = Mutex(0)
        for _ in 0..<20 {
            workers.forEach(parts: 50) { _, thread in
                let wasBusy = isBusy.withLock { busy in
                    defer { busy[thread] = true }
                    return busy[thread]
                }
                #expect(!wasBusy)
                calls.withLock { $0 += 1 }
                isBusy.withLock { $0[thread] = false }
            }
        }
        #expect(calls.withLock { $0 } == 1000)
    }
}
