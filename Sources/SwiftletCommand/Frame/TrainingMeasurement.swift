internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletTraining

/// What steps of training cost a compiled model: time per step once all is planned, and memory.
struct TrainingMeasurement {
    private let batchSize: Int
    private let firstTime: Duration
    /// The mean step of each epoch but the first, sorted.
    private let times: [Duration]
    private let stepsPerEpoch: Int

    /// - Parameters:
    ///   - data: a file of inputs and targets.
    ///   - repeats: epochs that are timed, after one that is not.
    init(_ source: ModelOptions, _ run: RunOptions, data: String, repeats: Int) throws {
        var (model, _) = try Model.trainableFile(
            source.model, weights: source.from.file, loading: source.from.loading())
        let samples = try DataSource.load(
            data, roles: DataRoles(inputs: model.inputNames, outputs: model.outputNames))
        let watch = StepWatch()
        _ = try naming(source.model) {
            try model.fit(
                samples,
                options: FitOptions(
                    epochs: repeats + 1, batchSize: run.batchSize, threads: run.threads),
                callbacks: [
                    FunctionCallback(
                        onBatchEnd: { _ in watch.batchEnded() },
                        onEpochEnd: { _ in watch.epochEnded() })
                ])
        }
        batchSize = run.batchSize
        firstTime = watch.firstStep
        stepsPerEpoch = watch.stepsPerEpoch
        times = watch.epochs.dropFirst().map { $0 / watch.stepsPerEpoch }.sorted()
    }

    private var median: Duration { times[times.count / 2] }

    private var peakMemoryMiB: Double? { peakMemory().map { Double($0) / 1_048_576 } }

    var json: JSON {
        [
            "median_ms": .double(median.milliseconds), "min_ms": .double(times[0].milliseconds),
            "first_ms": .double(firstTime.milliseconds),
            "steps_per_second": .double(1000 / median.milliseconds),
            "peak_rss_mib": peakMemoryMiB.map { .double($0) } ?? .null,
            "batch_size": .int(batchSize), "steps_per_epoch": .int(stepsPerEpoch),
            "repeats": .int(times.count),
        ]
    }

    var table: TextTable {
        func text(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        var table = TextTable(
            title: "training, batches of \(batchSize)", columns: [.init("", .left), .init("")])
        table.add(["steps per second", text(1000 / median.milliseconds)])
        table.add(["median step of \(times.count) epochs, ms", text(median.milliseconds)])
        table.add(["fastest, ms", text(times[0].milliseconds)])
        table.add(["first step, ms", text(firstTime.milliseconds)])
        if let peakMemoryMiB { table.add(["peak memory, MiB", text(peakMemoryMiB)]) }
        return table
    }
}

/// Takes the time at the ends of batches and epochs.
private final class StepWatch {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var lastEpochEnd: ContinuousClock.Instant
    private var steps = 0
    private(set) var firstStep = Duration.zero
    private(set) var epochs: [Duration] = []

    init() {
        start = clock.now
        lastEpochEnd = start
    }

    var stepsPerEpoch: Int { max(steps / max(epochs.count, 1), 1) }

    func batchEnded() {
        if steps == 0 { firstStep = clock.now - start }
        steps += 1
    }

    func epochEnded() {
        let now = clock.now
        epochs.append(now - lastEpochEnd)
        lastEpochEnd = now
    }
}
