internal import SwiftletMachine
internal import Synchronization

/// Numbers of the server in the text format of Prometheus.
package final class Metrics: Sendable {
    private let state = Mutex(State())

    private struct State {
        /// Requests answered, by model ("" for none) and status.
        var requests: [Key: Int] = [:]
        var rows: [String: Int] = [:]
        var durations: [String: Histogram] = [:]
        var batches: [String: Histogram] = [:]
        var inFlight = 0
    }

    private struct Key: Hashable {
        let model: String
        let status: Int
    }

    /// In seconds.
    private static let durationBounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    private static let batchBounds = [1.0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

    package init() {}

    /// From here on a request is in flight, until it is answered.
    func begin() { state.withLock { $0.inFlight += 1 } }

    /// - Parameter model: nil for a request that names none that there is.
    func answered(model: String?, status: Int, after time: Duration, isInference: Bool) {
        state.withLock { state in
            state.inFlight -= 1
            state.requests[Key(model: model ?? "", status: status), default: 0] += 1
            guard isInference, let model else { return }
            state.durations[model, default: Histogram(Self.durationBounds)]
                .add(time / .seconds(1))
        }
    }

    /// Rows were computed at once.
    package func computed(rows: Int, model: String) {
        state.withLock { state in
            state.rows[model, default: 0] += rows
            state.batches[model, default: Histogram(Self.batchBounds)].add(Double(rows))
        }
    }

    /// - Parameters:
    ///   - queues: requests that wait, by model.
    ///   - inHand: inference requests that have been taken on.
    func text(queues: [(model: String, count: Int)], inHand: Int) -> String {
        var page = Page()
        state.withLock { state in
            page.begin("swiftlet_requests_total", "counter", "Requests answered.")
            for (key, count) in state.requests.sorted(by: {
                ($0.key.model, $0.key.status) < ($1.key.model, $1.key.status)
            }) {
                page.add([("model", key.model), ("code", "\(key.status)")], "\(count)")
            }
            page.begin("swiftlet_rows_total", "counter", "Rows computed.")
            for (model, count) in state.rows.sorted(by: { $0.key < $1.key }) {
                page.add([("model", model)], "\(count)")
            }
            page.begin(
                "swiftlet_request_duration_seconds", "histogram",
                "From the arrival of an inference request's head to its answer.")
            for (model, histogram) in state.durations.sorted(by: { $0.key < $1.key }) {
                page.add(histogram, model: model)
            }
            page.begin("swiftlet_batch_rows", "histogram", "Rows computed at once.")
            for (model, histogram) in state.batches.sorted(by: { $0.key < $1.key }) {
                page.add(histogram, model: model)
            }
            page.begin("swiftlet_requests_in_flight", "gauge", "Requests of any kind in hand.")
            page.add([], "\(state.inFlight)")
        }
        page.begin("swiftlet_requests_admitted", "gauge", "Inference requests taken on.")
        page.add([], "\(inHand)")
        page.begin("swiftlet_queue_length", "gauge", "Requests that wait to be computed.")
        for (model, count) in queues { page.add([("model", model)], "\(count)") }
        if let bytes = Machine.residentMemory {
            page.begin("process_resident_memory_bytes", "gauge", "Memory of the process.")
            page.add([], "\(bytes)")
        }
        return page.text
    }
}

/// Counts of values up to each bound, and their sum.
private struct Histogram {
    let bounds: [Double]
    private(set) var counts: [Int]
    private(set) var sum = 0.0

    init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    mutating func add(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}

/// The page as it is written.
private struct Page {
    private(set) var text = ""
    private var name = ""

    mutating func begin(_ name: String, _ kind: String, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    mutating func add(
        _ labels: [(name: String, value: String)], _ value: String, suffix: String = ""
    ) {
        text += name + suffix
        if !labels.isEmpty {
            text += "{"
            text += labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
                .joined(separator: ",")
            text += "}"
        }
        text += " \(value)\n"
    }

    mutating func add(_ histogram: Histogram, model: String) {
        var count = 0
        for (bound, more) in zip(histogram.bounds.map { "\($0)" } + ["+Inf"], histogram.counts) {
            count += more
            add([("model", model), ("le", bound)], "\(count)", suffix: "_bucket")
        }
        add([("model", model)], "\(histogram.sum)", suffix: "_sum")
        add([("model", model)], "\(count)", suffix: "_count")
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }
}
