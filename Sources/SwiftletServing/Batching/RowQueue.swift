package import SwiftletTensor

/// Requests for one model, in the order of their arrival. Those that fit together are computed together,
/// on a thread of the queue's own.
///
/// The first of them waits for others no longer than ``BatchOptions/delay``, and while a batch is
/// computed the next one gathers anyway.
package final class RowQueue: Sendable {
    /// What the model makes of rows: as many inputs and outputs as it has.
    package typealias Compute =
        @Sendable (_ inputs: [Tensor], _ rows: RowsInHand) throws -> [Tensor]

    private let core: Core
    private let thread = SideThread()

    /// - Parameter observe: told the number of rows of everything that is computed at once.
    /// - Throws: ``ServingError`` if no thread can be had.
    package init(
        _ options: BatchOptions, observe: @escaping @Sendable (_ rows: Int) -> Void = { _ in },
        compute: @escaping Compute
    ) throws(ServingError) {
        core = Core(options, observe, compute)
        guard thread.isThread else { throw ServingError(500, "no thread can be had") }
        thread.begin { [core] in core.serve() }
    }

    deinit {
        core.stop()
        thread.wait()
    }

    /// The model's answers to rows.
    ///
    /// - Throws: ``ServingError/late`` if they are not there in time, or what the computation throws.
    package func outputs(for rows: RowsInHand) async throws -> [Tensor] {
        try await withCheckedThrowingContinuation { continuation in
            core.add(Entry(rows: rows) { continuation.resume(with: $0) })
        }
    }

    /// Requests that wait.
    package var count: Int { core.count }

    /// Takes no more requests; those that are there are answered.
    package func stop() { core.stop() }
}

package struct BatchOptions: Sendable {
    /// Rows that are computed at once; 1 for every request alone.
    package var mostRows: Int
    /// How long a request waits for others.
    package var delay: Duration

    package init(mostRows: Int = 32, delay: Duration = .zero) {
        (self.mostRows, self.delay) = (mostRows, delay)
    }
}

/// The rows of one request.
package struct RowsInHand: Sendable {
    package let inputs: [Tensor]
    package let rows: Int
    /// Requests of the same kind may be computed together; nil for one that is computed alone.
    package let kind: RowKind?
    /// When nobody waits for the answer any more.
    package let deadline: ContinuousClock.Instant

    package init(
        inputs: [Tensor], rows: Int, kind: RowKind?, deadline: ContinuousClock.Instant
    ) {
        (self.inputs, self.rows, self.kind, self.deadline) = (inputs, rows, kind, deadline)
    }
}

/// What has to agree in two requests that are computed together.
package struct RowKind: Hashable, Sendable {
    private let shapes: [[Int]]
    private let types: [DType]
    /// What the model measures of all rows; see ``Predictor/extents(of:)``.
    package let extents: [String: Int]

    package init(_ inputs: [Tensor], extents: [String: Int] = [:]) {
        shapes = inputs.map { Array($0.shape.dropFirst()) }
        types = inputs.map(\.dtype)
        self.extents = extents
    }
}

private struct Entry: Sendable {
    let rows: RowsInHand
    let arrival = ContinuousClock.now
    let finish: @Sendable (Result<[Tensor], any Error>) -> Void

    init(
        rows: RowsInHand, finish: @escaping @Sendable (Result<[Tensor], any Error>) -> Void
    ) {
        (self.rows, self.finish) = (rows, finish)
    }
}

/// What the queue shares with its thread.
private final class Core: @unchecked Sendable {
    private let options: BatchOptions
    private let observe: @Sendable (Int) -> Void
    private let compute: RowQueue.Compute
    private let condition = Condition()
    // Guarded by the condition.
    private var waiting: [Entry] = []
    private var isStopped = false

    init(
        _ options: BatchOptions, _ observe: @escaping @Sendable (Int) -> Void,
        _ compute: @escaping RowQueue.Compute
    ) {
        (self.options, self.observe, self.compute) = (options, observe, compute)
    }

    var count: Int { condition.locked { waiting.count } }

    func add(_ entry: Entry) {
        let isTaken = condition.locked {
            guard !isStopped else { return false }
            waiting.append(entry)
            condition.broadcast()
            return true
        }
        if !isTaken { entry.finish(.failure(ServingError.busy("the server is ending"))) }
    }

    func stop() {
        condition.locked {
            isStopped = true
            condition.broadcast()
        }
    }

    func serve() {
        while let batch = next() {
            let now = ContinuousClock.now
            for entry in batch where entry.rows.deadline <= now {
                entry.finish(.failure(ServingError.late))
            }
            let inTime = batch.filter { $0.rows.deadline > now }
            if !inTime.isEmpty { answer(inTime) }
        }
    }

    /// The next requests that are computed together; nil once there will be none.
    private func next() -> [Entry]? {
        condition.locked {
            while true {
                guard let first = waiting.first else {
                    if isStopped { return nil }
                    condition.wait()
                    continue
                }
                let (members, isFull) = members(with: first)
                let rest = first.arrival + options.delay - .now
                guard isFull || isStopped || rest <= .zero else {
                    condition.wait(for: rest)
                    continue
                }
                let batch = members.map { waiting[$0] }
                for index in members.reversed() { waiting.remove(at: index) }
                return batch
            }
        }
    }

    /// Where those stand that are computed with the first, and whether no more can join them.
    private func members(with first: Entry) -> (indices: [Int], isFull: Bool) {
        guard let kind = first.rows.kind else { return ([0], true) }
        var indices = [0]
        var rows = first.rows.rows
        for (index, entry) in waiting.enumerated().dropFirst() {
            if rows >= options.mostRows { break }
            guard entry.rows.kind == kind else { continue }
            guard rows + entry.rows.rows <= options.mostRows else { return (indices, true) }
            indices.append(index)
            rows += entry.rows.rows
        }
        return (indices, rows >= options.mostRows)
    }

    // MARK: Computing

    private func answer(_ batch: [Entry]) {
        guard batch.count > 1 else {
            batch[0].finish(Result { try alone(batch[0].rows) })
            return
        }
        do {
            try answerTogether(batch)
        } catch {
            // One of them may be to blame; the others are not to suffer from it.
            for entry in batch { entry.finish(Result { try alone(entry.rows) }) }
        }
    }

    private func alone(_ rows: RowsInHand) throws -> [Tensor] {
        guard rows.deadline > .now else { throw ServingError.late }
        observe(rows.rows)
        return try compute(rows.inputs, rows)
    }

    private func answerTogether(_ batch: [Entry]) throws {
        let count = batch.reduce(0) { $0 + $1.rows.rows }
        let inputs = try batch[0].rows.inputs.indices.map { position in
            try Tensor(joining: batch.map { $0.rows.inputs[position] })
        }
        // Computed for as long as somebody waits.
        let deadline = batch.map(\.rows.deadline).max() ?? .now
        observe(count)
        let outputs = try compute(
            inputs,
            RowsInHand(
                inputs: inputs, rows: count, kind: batch[0].rows.kind, deadline: deadline))
        var start = 0
        let parts = try batch.map { entry in
            let range = start..<start + entry.rows.rows
            start = range.upperBound
            return try outputs.map { try $0.rows(range) }
        }
        for (entry, part) in zip(batch, parts) { entry.finish(.success(part)) }
    }
}
