internal import SwiftletData
internal import SwiftletLayers
internal import SwiftletLimits
internal import SwiftletRuntime
internal import SwiftletTensor

/// How fast rows went through a model.
public struct StreamTimes: Sendable {
    /// Rows that were computed now; those of a run that was broken off do not count.
    public internal(set) var rows = 0
    public internal(set) var whole = Duration.zero
    /// That the model waited for rows to be read.
    public internal(set) var waiting = Duration.zero
    /// What weights in fewer bits change of the first rows' outputs; nil for float32. See
    /// ``Predictor/weightError(on:)``.
    public internal(set) var weightError: Double?

    public var rowsPerSecond: Double {
        Double(rows) / max(whole / .seconds(1), 1e-9)
    }
}

/// Runs the rows of a file through a model, block by block. While one block is computed the next one is
/// read on another thread, and no more than that one: whoever is faster waits.
struct BatchLoop {
    let predictor: Predictor
    let source: SampleSource
    let batchSize: Int
    /// Of all rows of the source.
    let rows: Range<Int>

    /// Bytes of rows and answers that are in hand at once, about.
    private static let blockBytes = 1 << 22
    private static let mostBatches = 1024

    /// - Parameters:
    ///   - done: so many rows are known already.
    ///   - progress: called with the number of rows that are done.
    ///   - consume: takes the answers to each block, in order.
    func run(
        from done: Int, progress: @escaping (Int) -> Void,
        consume: (SampleBlock, _ count: Int, _ outputs: [Tensor]) throws -> Void
    ) throws -> StreamTimes {
        var times = StreamTimes()
        let clock = ContinuousClock()
        let start = clock.now
        // Texts are in memory; what a model makes of them may depend on all of them.
        let extents = try source.textInputs.map { try predictor.extents(of: $0) } ?? [:]
        try source.skip(rows.lowerBound + done)
        let reader = BlockReader(source)
        var position = rows.lowerBound + done
        reader.begin(min(batchSize, rows.upperBound - position))
        var isFirst = true
        var (size, most) = (batchSize, batchSize)
        while isFirst || position < rows.upperBound {
            let waited = clock.now
            let (block, count) = try reader.take()
            times.waiting += clock.now - waited
            let end = position + count
            if end < rows.upperBound { reader.begin(min(size, rows.upperBound - end)) }
            let began = clock.now
            let outputs = try predictor.predict(
                block.inputs, batchSize: batchSize, extents: extents
            ) { progress(position - rows.lowerBound + $0) }
            for output in outputs where count < source.count && output.shape.first != count {
                throw ModelError.structure("an output has no row per input row")
            }
            if isFirst {
                times.weightError = try predictor.weightError(onFirstRowsOf: block.inputs)
            }
            if isFirst { most = blockRows(like: block.inputs + outputs, count: count) }
            size = next(after: size, most: most, took: clock.now - began)
            try consume(block, count, outputs)
            position = end
            isFirst = false
        }
        times.rows = position - rows.lowerBound - done
        times.whole = clock.now - start
        return times
    }

    /// Blocks grow until they take a fraction of a second: little is lost where a job is broken off.
    private func next(after size: Int, most: Int, took time: Duration) -> Int {
        if time < .milliseconds(100) { return min(most, size * 2) }
        guard time > .milliseconds(400) else { return min(most, size) }
        return max(1, size / batchSize / 2) * batchSize
    }

    /// As many whole batches as memory is spent for.
    private func blockRows(like tensors: [Tensor], count: Int) -> Int {
        guard predictor.takesAnyBatch else { return batchSize }
        let bytes = tensors.reduce(0) { $0 + $1.elementCount * max(1, $1.dtype.size) }
        let batch = max(1, bytes / max(1, count) * batchSize)
        return batchSize * min(max(1, Self.blockBytes / batch), Self.mostBatches)
    }
}

/// Reads blocks on a thread of its own; the first one, for which everybody waits, on the caller's.
private final class BlockReader: @unchecked Sendable {
    private let source: SampleSource
    private var side: SideThread?
    private var count: Int?
    // Written by the thread's job, read when that has ended.
    private var result: Result<SampleBlock, any Error>?

    init(_ source: SampleSource) { self.source = source }

    /// Begins to read the next rows.
    func begin(_ count: Int) {
        defer { self.count = count }
        guard self.count != nil else {
            result = Result { try source.read(count) }
            return
        }
        let side = side ?? SideThread()
        self.side = side
        let reader = Unmanaged.passUnretained(self)
        // The limits in force are those of whoever asks, on every thread.
        let scope = Limits.scope
        // The job holds nothing: whoever drops the reader waits for it.
        side.begin {
            reader._withUnsafeGuaranteedRef { reader in
                reader.result = Result {
                    try Limits.$scope.withValue(scope) { try reader.source.read(count) }
                }
            }
        }
    }

    /// The rows that were asked for.
    func take() throws -> (SampleBlock, Int) {
        side?.wait()
        guard let block = try result?.get(), let count else {
            preconditionFailure("nothing was asked for")
        }
        result = nil
        return (block, count)
    }

    deinit { side?.wait() }
}
