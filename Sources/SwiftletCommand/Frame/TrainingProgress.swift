internal import SwiftletReport
internal import SwiftletTraining

/// A bar per epoch on standard error.
struct TrainingProgress: Callback {
    private let log: LogOptions
    private var bar: ProgressBar?

    init(_ log: LogOptions) { self.log = log }

    mutating func epochBegins(_ run: TrainingRun) {
        bar = log.progress("epoch \(run.epoch + 1)/\(run.epochs)", total: run.batchesPerEpoch)
    }

    mutating func trainingBegins(_ run: TrainingRun) {
        guard !run.adaptedLayers.isEmpty else { return }
        log.note(
            "adapted to the \(run.sampleCount) training samples: "
                + run.adaptedLayers.joined(separator: ", "))
    }

    mutating func trainingResumes(_ run: TrainingRun) {
        guard run.epoch < run.epochs, run.history.end == .completed else { return }
        log.note("going on in epoch \(run.epoch + 1) after batch \(run.batch)")
    }

    mutating func batchEnds(_ run: TrainingRun) {
        if bar == nil { epochBegins(run) }
        bar?.update(done: run.batch + 1, note: Self.note(run))
    }

    mutating func epochEnds(_ run: TrainingRun) {
        bar?.finish(note: Self.note(run))
    }

    var job: String? { nil }

    private static func note(_ run: TrainingRun) -> String {
        run.logs.map { "\($0.name) \(HistoryTable.text($0.value))" }.joined(separator: "  ")
    }
}

/// What a training measured: every name's first, best and last value.
struct HistoryTable {
    private let history: History

    init(_ history: History) { self.history = history }

    static func text(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        guard value.isFinite, abs(value) < 1e6 else { return "\(value)" }
        if value != 0, abs(value) < 1e-3 { return "\(Float(value))" }
        return "\((value * 1e4).rounded() / 1e4)"
    }

    /// A line for each finding.
    var diagnosis: String {
        let diagnosis = history.diagnosis
        let epoch = diagnosis.epoch.map { " (epoch \($0))" } ?? ""
        let findings =
            ["\(diagnosis.verdict.rawValue)\(epoch): \(diagnosis.evidence)"]
            + diagnosis.remarks.map { "\($0.kind.rawValue): \($0.evidence)" }
        return findings.joined(separator: "\n")
    }

    func text(for console: Console) -> String {
        var table = TextTable(
            title: "\(history.epochs) \(history.epochs == 1 ? "epoch" : "epochs")",
            columns: [
                .init("", .left), .init("first"), .init("lowest"), .init("highest"), .init("last"),
            ])
        for name in history.names {
            guard let values = history[name], let first = values.first, let last = values.last,
                let lowest = values.min(), let highest = values.max()
            else { continue }
            table.add([name] + [first, lowest, highest, last].map(Self.text))
        }
        var lines = [table.text(for: console), diagnosis]
        if case .stopped(let reason) = history.end { lines.append("stopped: \(reason)") }
        if let epoch = history.restoredEpoch { lines.append("weights of epoch \(epoch)") }
        return lines.joined(separator: "\n\n")
    }
}
