internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletTraining

/// What a training tells beside the model.
struct TrainingOutput: ParsableArguments {
    @Option(help: ArgumentHelp("Write loss and metrics per epoch as JSON.", valueName: "h.json"))
    var history: String?

    @Option(
        help: ArgumentHelp(
            "Write a page: learning curves, what they tell, gradients and weights over the epochs.",
            valueName: "r.html"))
    var report: String?

    @Flag(
        help: "Take the time of each layer's operations, forward and backward; a little slower.")
    var profile = false

    func checkDestinations() throws {
        try checkDestination(history)
        try checkDestination(report)
    }

    /// Those that watch a training for what is to be written.
    func watchers() -> Watchers {
        Watchers(
            recorder: report == nil ? nil : TrainingRecorder(),
            profiler: profile ? TrainingProfiler() : nil)
    }

    struct Watchers {
        let recorder: TrainingRecorder?
        let profiler: TrainingProfiler?
        var callbacks: [any Callback] {
            [recorder as (any Callback)?, profiler].compactMap(\.self)
        }
    }

    /// - Parameter subtitle: what was trained on what.
    func write(
        _ history: History, folds: CrossValidation?, _ watchers: Watchers, subtitle: String
    ) throws {
        let profile = watchers.profiler?.profile
        if let path = self.history {
            var json = history.json
            json["cross_validation"] = folds?.json
            json["profile"] = profile?.json
            try AtomicFile.write(json.text(pretty: true) + "\n", to: path)
        }
        guard let report else { return }
        var page = ReportPage(title: "Training", subtitle: subtitle)
        var json = history.json
        json["diagnosis"] = .string(HistoryTable(history).diagnosis)
        page.add(history: json)
        if let folds { page.add(heading: "Cross-validation", table: folds.table) }
        if let recorder = watchers.recorder { page.add(recording: recorder.json) }
        if let profile {
            page.add(heading: "Time by layer", table: profile.layerTable)
            page.add(heading: "Time by operation", table: profile.operationTable)
        }
        try AtomicFile.write(page.html, to: report)
    }
}

extension TrainingProfile {
    private func text(_ time: Duration) -> String {
        let milliseconds = time.milliseconds / Double(max(steps, 1))
        return "\((milliseconds * 1e4).rounded() / 1e4)"
    }

    private func share(_ time: Duration) -> String {
        let part = time.milliseconds / max(self.time.milliseconds, 1e-9)
        return "\((part * 1000).rounded() / 10)"
    }

    /// What each layer takes, and what is no layer's.
    var layerTable: TextTable {
        var table = TextTable(
            title: "a step of training, \(text(time)) ms, mean of \(steps)",
            columns: [
                .init("layer", .left), .init("forward ms"), .init("backward ms"),
                .init("% of time"),
            ])
        for (layer, forward, backward) in layers {
            table.add([layer, text(forward), text(backward), share(forward + backward)])
        }
        for phase in [Phase.loss, .optimizer, .data] {
            let time = rows.filter { $0.phase == phase }.reduce(Duration.zero) { $0 + $1.time }
            table.add(["(\(phase.rawValue))", text(time), "", share(time)])
        }
        return table
    }

    /// What each kind of operation takes, the longest first.
    var operationTable: TextTable {
        var sums: [String: Duration] = [:]
        for row in rows {
            sums["\(row.phase.rawValue) \(row.operation)", default: .zero] += row.time
        }
        var table = TextTable(
            title: "operations",
            columns: [.init("operation", .left), .init("ms"), .init("% of time")])
        for (name, time) in sums.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(24)
        {
            table.add([name, text(time), share(time)])
        }
        return table
    }
}
