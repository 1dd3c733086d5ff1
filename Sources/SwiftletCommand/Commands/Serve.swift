internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletLimits
internal import SwiftletRuntime
internal import SwiftletServing
internal import SwiftletTensor

#if Serve
    internal import SwiftletServer
#endif

struct Serve: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer requests over HTTP: the Open Inference Protocol of KServe and Triton.",
        discussion: """
            Ends on Ctrl-C or SIGTERM, once the requests in hand are answered. Encryption and passwords \
            are left to a proxy in front of it. See docs/serving.md.

            Examples:
              swiftlet serve digits.keras
              swiftlet serve small=a.keras large=b.keras --port 8001 --max-batch 64 --batch-delay 5
            """)

    @Argument(
        help: ArgumentHelp(
            "Model files, each alone or as name=file; a model's name is else its file's without the suffix.",
            valueName: "model"))
    var models: [String]

    @Option(help: "The address to listen on; 0.0.0.0 for all of this machine's.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 for any that is free.")
    var port = 8000

    @Option(help: "Rows of requests that are computed at once; 1 for every request alone.")
    var maxBatch = 32

    @Option(
        help: ArgumentHelp(
            "Milliseconds that a request waits for others to be computed with it, if the model is free.",
            valueName: "ms"))
    var batchDelay = 0.0

    @Option(help: "Requests in hand at once; more are told to come back (503).")
    var maxQueue = 256

    @Option(
        help: ArgumentHelp(
            "The largest body of a request, e.g. 64MiB; JSON takes many times its size in memory.",
            valueName: "bytes"))
    var maxBody = ByteCount(bytes: 64 << 20)

    @Option(help: ArgumentHelp("Seconds from a request to its answer.", valueName: "s"))
    var timeout = 30.0

    @Option(help: "Connections at once.")
    var maxConnections = 1024

    @Option(help: "Threads that compute; one per processor otherwise.")
    var threads: Int?

    @Flag(help: "Add up convolutions term by term: slower, errors as small as float32 allows.")
    var exact = false

    @Option(
        help: ArgumentHelp(
            "What large weights are held in; 16 bits take half the memory and round them.",
            valueName: "bf16|f16|f32"), transform: WeightStorage.option)
    var weights = WeightStorage.float32

    @OptionGroup var log: LogOptions

    func validate() throws {
        for (flag, value, least) in [
            ("--max-batch", maxBatch, 1), ("--max-queue", maxQueue, 1),
            ("--max-body", maxBody.bytes, 1), ("--max-connections", maxConnections, 1),
        ] where value < least { throw ValidationError("\(flag) must be at least \(least)") }
        guard (0...65535).contains(port) else {
            throw ValidationError("--port must be between 0 and 65535")
        }
        guard batchDelay >= 0, batchDelay <= 60_000 else {
            throw ValidationError("--batch-delay must be between 0 and 60000")
        }
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout must be above 0 and at most 86400")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be between 1 and 1024")
        }
        guard log.limits.limits.time == nil else {
            throw ValidationError("--limit time: a server has none; --timeout is that of a request")
        }
        _ = try named
    }

    /// The models' names and files.
    private var named: [(name: String, path: String)] {
        get throws {
            var result: [(name: String, path: String)] = []
            for argument in models {
                let (name, path) = Self.split(argument)
                guard !name.isEmpty, name.utf8.count <= 128, !name.contains("/") else {
                    throw ValidationError("\(argument): a model needs a name of up to 128 letters")
                }
                guard !result.contains(where: { $0.name == name }) else {
                    throw ValidationError("two models of the name \(name); name them: name=file")
                }
                result.append((name, path))
            }
            return result
        }
    }

    private static func split(_ argument: String) -> (name: String, path: String) {
        if let equals = argument.firstIndex(of: "="), !argument[..<equals].contains("/") {
            return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
        }
        let file = fileName(of: argument)
        let stem = file.lastIndex(of: ".").map { file[..<$0] } ?? file[...]
        return (stem.isEmpty ? file : String(stem), argument)
    }

    #if Serve
        func run() throws {
            let metrics = Metrics()
            var options = ServiceOptions(version: Swiftlet.configuration.version)
            options.mostRequests = maxQueue
            options.mostBodyBytes = maxBody.bytes
            options.mostMemory = max(options.mostMemory, 2 * maxBody.bytes)
            options.timeout = .seconds(timeout)
            let served = try named.map { name, path in
                try naming(path) { try load(name, path, options, metrics) }
            }
            let service = try InferenceService(served, options, metrics: metrics)
            var address = ServerOptions(host: host, port: port)
            address.mostConnections = maxConnections
            let (end, asked) = AsyncStream.makeStream(of: Void.self)
            Interruption.await { asked.finish() }
            let server = InferenceServer(service, address) { StandardError.warn($0) }
            let shown = host.contains(":") ? "[\(host)]" : host
            try waiting {
                do {
                    try await server.run(until: end) { port in
                        // Whoever starts the server reads this line, so it is not among the notes.
                        StandardError.write("listening on http://\(shown):\(port)\n")
                    }
                } catch {
                    throw CommandError("\(host):\(port)", error)
                }
            }
        }

        private func load(
            _ name: String, _ path: String, _ options: ServiceOptions, _ metrics: Metrics
        ) throws -> ServedModel {
            var loading = WeightLoading()
            loading.keepsTypes = weights != .float32
            let (model, report) = try Model.opened(path, weights: nil, loading: loading)
            for warning in report.warnings { StandardError.warn("\(path): \(warning)") }
            let predictor = try Predictor(
                model, threads: threads, optimizations: exact ? .exact : .standard,
                weights: weights)
            let batching = BatchOptions(
                mostRows: maxBatch, delay: .microseconds(Int64(batchDelay * 1000)))
            let served = try ServedModel(
                name: name, predictor: predictor, batching: batching,
                mostTensorBytes: options.mostMemory / 4
            ) { rows in metrics.computed(rows: rows, model: name) }
            if let error = try predictor.weightError() {
                log.note(
                    "\(name): weights in \(weights.rawValue): largest relative difference of "
                        + "outputs \(error.threeDigits) on random numbers")
            }
            switch served.independence {
            case .exact: log.note("\(name): \(path)")
            case .rounded:
                log.note("\(name): \(path); joined requests may differ in the last digits")
            case .none(let cause):
                log.note("\(name): \(path); requests are computed one by one: \(cause)")
            }
            return served
        }

        /// Runs `body`, on other threads, to its end.
        private func waiting(_ body: @escaping @Sendable () async throws -> Void) throws {
            let outcome = Outcome()
            Task { outcome.set(await Result { try await body() }) }
            try outcome.wait().get()
        }
    #else
        func run() throws {
            throw CommandError(
                "serve",
                "this swiftlet has no server; build it with: swift build -c release --traits Serve")
        }
    #endif
}

#if Serve
    /// How something ended that runs on other threads.
    private final class Outcome: @unchecked Sendable {
        private let condition = Condition()
        // Guarded by the condition.
        private var result: Result<Void, any Error>?

        func set(_ result: Result<Void, any Error>) {
            condition.locked {
                self.result = result
                condition.broadcast()
            }
        }

        func wait() -> Result<Void, any Error> {
            condition.locked {
                while true {
                    if let result { return result }
                    condition.wait()
                }
            }
        }
    }

    extension Result where Success == Void, Failure == any Error {
        fileprivate init(_ body: () async throws -> Void) async {
            do {
                self = .success(try await body())
            } catch {
                self = .failure(error)
            }
        }
    }
#endif
