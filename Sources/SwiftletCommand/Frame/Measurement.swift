internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What one model costs: time to load, to answer first and to answer again, and memory.
struct Measurement {
    private let batchSize: Int
    private let threads: Int
    private let loadTime: Duration
    private let firstTime: Duration
    /// Sorted.
    private let times: [Duration]
    /// Of all threads together, per call.
    private let processorTime: Duration
    private let multiplyAdds: Int
    private let arenaByteCount: Int
    private let weights: WeightStorage
    /// What the weights' type costs; nil for float32.
    private let weightError: Double?
    let profile: Profile?

    init(
        _ source: ModelOptions, _ run: PredictionOptions, repeats: Int, profiles: Bool = false
    ) throws {
        let clock = ContinuousClock()
        let start = clock.now
        let model = try source.openForPrediction()
        weights = source.from.heldIn
        (
            batchSize, threads, loadTime, firstTime, times, processorTime, multiplyAdds,
            arenaByteCount, profile, weightError
        ) = try naming(source.model) {
            let predictor = try run.predictor(for: model, weights: source.from.heldIn)
            let loadTime = clock.now - start
            let inputs = try model.sampleInputs(rows: run.batchSize)
            func predict() throws -> Duration {
                try clock.measure { _ = try predictor.predict(inputs, batchSize: run.batchSize) }
            }
            let firstTime = try predict()
            // Inputs and outputs stay in place where they are numbers, as in other runtimes.
            let isText = inputs.contains { $0.dtype == .string }
            let session = isText ? nil : try? predictor.session(for: inputs)
            func call() throws -> Duration {
                guard let session else { return try predict() }
                return try clock.measure { try session.run() }
            }
            _ = try call()
            let processorStart = Self.processorTime
            let times = try (0..<repeats).map { _ in try call() }
            let processorTime = (Self.processorTime - processorStart) / repeats
            let cost = try predictor.cost(of: inputs)
            return (
                run.batchSize, predictor.threads, loadTime, firstTime, times.sorted(),
                processorTime, cost.multiplyAdds, cost.arenaByteCount,
                profiles ? try predictor.profile(inputs, repeats: repeats) : nil,
                try predictor.weightError(onFirstRowsOf: inputs)
            )
        }
    }

    private var median: Duration {
        let middle = times.count / 2
        return times.count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2
    }

    /// Multiply-adds count double; only products, nothing element-wise.
    private var gigaflops: Double { 2e-6 * Double(multiplyAdds) / median.milliseconds }

    var json: JSON {
        var json: JSONObject = [
            "median_ms": .double(median.milliseconds),
            "min_ms": .double(times[0].milliseconds),
            "load_ms": .double(loadTime.milliseconds),
            "first_ms": .double(firstTime.milliseconds),
            "cpu_ms": .double(processorTime.milliseconds),
            "peak_rss_mib": peakMemory().map { .double(Double($0) / 1_048_576) } ?? .null,
            "gflops": .double(gigaflops),
            "multiply_adds": .int(multiplyAdds),
            "arena_mib": .double(Double(arenaByteCount) / 1_048_576),
            "batch_size": .int(batchSize), "threads": .int(threads),
            "repeats": .int(times.count),
        ]
        if let weightError {
            json["weights"] = .string(weights.rawValue)
            json["weight_error"] = .double(weightError)
        }
        if let profile { json["profile"] = profile.json }
        return .object(json)
    }

    var table: TextTable {
        func text(_ value: Double) -> String {
            let scaled = (value * 1000).rounded() / 1000
            return "\(scaled)"
        }
        var table = TextTable(
            title: "batches of \(batchSize), \(threads) \(threads == 1 ? "thread" : "threads")",
            columns: [.init("", .left), .init("")])
        table.add(["median of \(times.count) calls, ms", text(median.milliseconds)])
        table.add(["fastest, ms", text(times[0].milliseconds)])
        table.add(["processor time per call, ms", text(processorTime.milliseconds)])
        table.add(["loading, ms", text(loadTime.milliseconds)])
        table.add(["first call, ms", text(firstTime.milliseconds)])
        table.add(["GFLOP/s", text(gigaflops)])
        if let weightError {
            table.add(["\(weights.rawValue) weights, relative error", weightError.threeDigits])
        }
        if let bytes = peakMemory() {
            table.add(["peak memory, MiB", text(Double(bytes) / 1_048_576)])
        }
        return table
    }

    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Duration {
    var milliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15
    }
}

extension Model {
    /// Numbers for the model to chew: from 0 to 1 where it takes floats, else zeros, which are
    /// classes and positions everywhere.
    fileprivate func sampleInputs(rows: Int) throws -> [Tensor] {
        // An image network without a declared size gets the usual one.
        let undeclared = 224
        return try network.inputEntries.enumerated().map { index, entry in
            guard let input = entry.layer as? Input else {
                throw ModelError.structure("'\(entry.name)' is no input")
            }
            let type = try input.type(batch: rows, unknown: undeclared)
            if type.dtype == .string {
                return try Tensor(
                    repeatingText: "the quick brown fox jumps over the lazy dog", shape: type.shape)
            }
            guard type.dtype == .float32 else {
                return try Tensor(zeros: type.shape, dtype: type.dtype)
            }
            let random = CounterRandom(seed: 0, stream: UInt64(index))
            return try Tensor(shape: type.shape) { random.uniform(at: $0) }
        }
    }
}
