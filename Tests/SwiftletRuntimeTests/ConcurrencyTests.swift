import Foundation
import SwiftletGraph
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Synchronization
import Testing

/// One predictor and many callers, with the numbers that it gives one caller. The program `soak` does the
/// same for long and looks at memory and threads too.
@Suite struct ConcurrencyTests {
    private static let batches = [1, 3, 7, 32]

    private static func model(_ number: Int) throws -> Model {
        var model = try SessionTests.models[number]()
        try model.initialize(seed: 3)
        return model
    }

    private static func inputs(of model: Model) throws -> [Tensor] {
        let shape = try Predictor(model, threads: 1).session(rows: 1).inputTypes[0].shape
        let random = CounterRandom(seed: 6)
        return try batches.map { rows in
            let shape = try shape.replacing(axis: 0, with: rows)
            return try Tensor((0..<shape.elementCount).map { random.normal(at: $0) }, shape: shape)
        }
    }

    private static func areSame(_ a: [Tensor], _ b: [Tensor]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.isIdentical(to: $1) }
    }

    @Test("sixteen tasks at once", arguments: SessionTests.models.indices, [1, 2, 4])
    func tasks(_ number: Int, threads: Int) async throws {
        let model = try Self.model(number)
        let inputs = try Self.inputs(of: model)
        let alone = try Predictor(model, threads: 1)
        let expected = try inputs.map { try alone.predict([$0]) }
        let predictor = try Predictor(model, threads: threads)
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<16 {
                group.addTask {
                    try (0..<20).count { call in
                        let which = (task + call) % inputs.count
                        return try !Self.areSame(
                            predictor.predict([inputs[which]]), expected[which])
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    /// Tasks share as many threads as there are processors; these are sixteen for sure.
    @Test("sixteen threads, several predictors, sessions and batches")
    func threads() throws {
        let models = try SessionTests.models.indices.map { try Self.model($0) }
        let inputs = try models.map { try Self.inputs(of: $0) }
        let expected = try zip(models, inputs).map { model, inputs in
            let alone = try Predictor(model, threads: 1)
            return try inputs.map { try alone.predict([$0]) }
        }
        let predictors = try models.enumerated().map { try Predictor($1, threads: $0 + 1) }
        let wrong = Atomic(0)
        onThreads(16) { thread in
            for call in 0..<30 {
                let (which, batch) = ((thread + call) % models.count, call % Self.batches.count)
                do {
                    let found = try predictors[which].predict([inputs[which][batch]])
                    if !Self.areSame(found, expected[which][batch]) {
                        wrong.add(1, ordering: .relaxed)
                    }
                } catch {
                    wrong.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    /// Predictors share their threads, and take nothing along when they go.
    @Test func predictorsComeAndGo() throws {
        let model = try Self.model(0)
        let inputs = try Self.inputs(of: model)
        let expected = try Predictor(model, threads: 1).predict([inputs[1]])
        let wrong = Atomic(0)
        onThreads(8) { thread in
            for call in 0..<10 {
                let predictor = try? Predictor(model, threads: 1 + (thread + call) % 4)
                let found = try? predictor?.predict([inputs[1]])
                if found.map({ Self.areSame($0, expected) }) != true {
                    wrong.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }
}

/// Calls `body` on so many threads at once, with their numbers.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count {
        group.enter()
        Thread.detachNewThread {
            body(number)
            group.leave()
        }
    }
    group.wait()
}
