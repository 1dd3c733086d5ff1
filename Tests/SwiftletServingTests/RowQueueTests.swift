import SwiftletServing
import SwiftletTensor
import Synchronization
import Testing

/// Doubles its rows and writes down how many came at once.
private final class Doubler: Sendable {
    private let computed = Mutex<[(rows: Int, time: ContinuousClock.Instant)]>([])

    var batches: [Int] { computed.withLock { $0.map(\.rows) } }
    var lastTime: ContinuousClock.Instant? { computed.withLock { $0.last?.time } }

    func compute(_ inputs: [Tensor], _ rows: RowsInHand) throws -> [Tensor] {
        let values = try inputs[0].elements(of: Float.self)
        guard !values.contains(13) else { throw ServingError(400, "an unlucky number") }
        return [try Tensor(values.map { 2 * $0 }, shape: inputs[0].shape)]
    }

    func queue(_ options: BatchOptions) throws -> RowQueue {
        try RowQueue(
            options, observe: { rows in self.computed.withLock { $0.append((rows, .now)) } },
            compute: { try self.compute($0, $1) })
    }
}

private func rows(
    _ values: [Float], width: Int = 1, joins: Bool = true,
    deadline: Duration = .seconds(86_400)
) throws -> RowsInHand {
    let tensor = try Tensor(values, shape: Shape([values.count / width, width]))
    return RowsInHand(
        inputs: [tensor], rows: values.count / width, kind: joins ? RowKind([tensor]) : nil,
        deadline: .now + deadline)
}

@Suite struct RowQueueTests {
    @Test func requestsThatComeTogetherAreComputedTogether() async throws {
        let doubler = Doubler()
        let queue = try doubler.queue(BatchOptions(mostRows: 8, delay: .seconds(3600)))
        let answers = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for number in 0..<8 {
                group.addTask {
                    let outputs = try await queue.outputs(for: rows([Float(number)]))
                    return (number, try outputs[0].elements(of: Float.self))
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for number in 0..<8 { #expect(answers[number] == [Float(2 * number)]) }
        #expect(doubler.batches == [8])
    }

    @Test func aFullBatchDoesNotWait() async throws {
        let queue = try Doubler().queue(BatchOptions(mostRows: 4, delay: .seconds(60)))
        let outputs = try await queue.outputs(for: rows([1, 2, 3, 4, 5]))
        #expect(try outputs[0].elements(of: Float.self) == [2, 4, 6, 8, 10])
    }

    @Test func noBatchHasMoreRowsThanAllowed() async throws {
        let doubler = Doubler()
        let queue = try doubler.queue(BatchOptions(mostRows: 8, delay: .milliseconds(200)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask { _ = try await queue.outputs(for: rows([1, 2, 3])) }
            }
            try await group.waitForAll()
        }
        #expect(doubler.batches.allSatisfy { $0 <= 8 } && doubler.batches.reduce(0, +) == 9)
    }

    @Test func nobodyWaitsLongerThanTheDelay() async throws {
        let doubler = Doubler()
        let queue = try doubler.queue(BatchOptions(mostRows: 4, delay: .milliseconds(50)))
        let start = ContinuousClock.now
        _ = try await queue.outputs(for: rows([1]))
        // Not when this task goes on: others may keep it from that for long.
        let time = try #require(doubler.lastTime) - start
        #expect(time >= .milliseconds(50) && time < .seconds(20))
    }

    @Test func rowsOfOtherShapesAndThoseThatMustNotBeJoinedStayApart() async throws {
        let doubler = Doubler()
        let queue = try doubler.queue(BatchOptions(mostRows: 8, delay: .milliseconds(100)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for width in [1, 2, 1, 2] {
                group.addTask {
                    let values = (0..<width).map { Float($0) }
                    let outputs = try await queue.outputs(for: rows(values, width: width))
                    #expect(outputs[0].shape.dimensions == [1, width])
                }
            }
            for _ in 0..<3 {
                group.addTask { _ = try await queue.outputs(for: rows([7], joins: false)) }
            }
            try await group.waitForAll()
        }
        #expect(doubler.batches.allSatisfy { $0 <= 2 })
    }

    @Test func oneBadRequestDoesNotSpoilTheOthers() async throws {
        let queue = try Doubler().queue(BatchOptions(mostRows: 4, delay: .seconds(3600)))
        await withTaskGroup(of: Void.self) { group in
            for number in [11, 12, 13, 14] as [Float] {
                group.addTask {
                    let result = try? await queue.outputs(for: rows([number]))[0]
                        .elements(of: Float.self)
                    #expect(result == (number == 13 ? nil : [2 * number]))
                }
            }
        }
    }

    @Test func lateRequestsAreNotComputed() async throws {
        let doubler = Doubler()
        let queue = try doubler.queue(BatchOptions(mostRows: 8, delay: .milliseconds(100)))
        await #expect(throws: ServingError.late) {
            try await queue.outputs(for: rows([1], deadline: .milliseconds(10)))
        }
        #expect(doubler.batches.isEmpty)
    }

    @Test func whatWaitsIsAnsweredWhenTheQueueIsStopped() async throws {
        let queue = try Doubler().queue(BatchOptions(mostRows: 8, delay: .seconds(60)))
        async let answer = queue.outputs(for: rows([3]))
        while queue.count == 0 { await Task.yield() }
        queue.stop()
        #expect(try await answer[0].elements(of: Float.self) == [6])
        await #expect(throws: ServingError.self) { try await queue.outputs(for: rows([3])) }
    }
}

@Suite struct AdmissionTests {
    @Test func placesAndBytesComeBack() throws {
        let admission = Admission(mostRequests: 1, mostBytes: 100)
        do {
            let place = try admission.enter()
            let bytes = try admission.take(bytes: 80)
            #expect(throws: ServingError.self) { try admission.enter() }
            #expect(throws: ServingError.self) { try admission.checkRoom() }
            #expect(throws: ServingError.self) { try admission.take(bytes: 21) }
            withExtendedLifetime((place, bytes)) {}
        }
        _ = try admission.enter()
        _ = try admission.take(bytes: 100)
        admission.close()
        #expect(throws: ServingError.self) { try admission.enter() }
    }
}
