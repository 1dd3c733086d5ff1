internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletTraining

struct LRFind: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "lr-find",
        abstract: "Try learning rates on a model and suggest one to train with.",
        discussion: """
            A few steps of training, each at a larger rate than the one before, until the loss grows \
            beyond all bounds. The model's file stays as it is.

            Example:
              swiftlet lr-find model.yaml --data train.npz --report rates.html
            """)

    @OptionGroup var start: TrainableOptions

    @OptionGroup var samples: DataOptions

    @OptionGroup var execution: RunOptions

    @Option(name: .customLong("from"), help: "The learning rate of the first step.")
    var lowest = 1e-7

    @Option(name: .customLong("to"), help: "The learning rate of the last step.")
    var highest = 10.0

    @Option(help: "Steps, each with a rate of its own.")
    var steps = 100

    @Option(help: "Decides the order of the samples, the first weights and all that is random.")
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp("Write rates, losses and the suggestion as JSON.", valueName: "l.json"))
    var json: String?

    @Option(help: ArgumentHelp("Write a page with the loss by learning rate.", valueName: "r.html"))
    var report: String?

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard lowest > 0, lowest < highest, highest.isFinite else {
            throw ValidationError("--from must be above 0 and below --to")
        }
        guard (10...100_000).contains(steps) else {
            throw ValidationError("--steps must be between 10 and 100000")
        }
    }

    func run() throws {
        try checkDestination(json)
        try checkDestination(report)
        let model = try start.open()
        let data = try samples.load(for: model, log)
        var options = FitOptions(
            batchSize: execution.batchSize, seed: seed, threads: execution.threads)
        options.adaptsLayers = true
        let search: LearningRateSearch
        Interruption.await()
        do {
            search = try model.findLearningRate(
                data, from: lowest, to: highest, steps: steps,
                options: options,
                callbacks: [SweepProgress(log, steps: steps)],
                isStopRequested: { Interruption.isRequested })
        } catch {
            throw samples.named(error, model: start.model)
        }
        if let json { try AtomicFile.write(search.json.text(pretty: true) + "\n", to: json) }
        if let report {
            var page = ReportPage(
                title: "Learning rates", subtitle: "\(start.model) on \(samples.data)")
            page.add(heading: "Rates", table: search.table)
            page.add(rateSearch: search.json)
            try AtomicFile.write(page.html, to: report)
        }
        print(search.table.text(for: .standardOutput))
        if search.suggestion == nil {
            StandardError.warn("\(start.model): the loss did not fall at any learning rate")
        }
        if search.end == .interrupted { throw Interruption.exitCode }
    }
}

/// A bar over the steps.
private struct SweepProgress: Callback {
    private var bar: ProgressBar
    private var done = 0

    init(_ log: LogOptions, steps: Int) { bar = log.progress("steps", total: steps) }

    mutating func batchEnds(_ run: TrainingRun) {
        done += 1
        bar.update(done: done, note: "loss \(HistoryTable.text(run.batchLoss))")
    }

    mutating func trainingEnds(_ run: TrainingRun) { bar.clear() }
    var job: String? { nil }
}

extension LearningRateSearch {
    fileprivate var table: TextTable {
        func text(_ rate: Double?) -> String { rate.map { "\(Float($0))" } ?? "–" }
        var table = TextTable(
            title: "\(rates.count) steps, \(end.rawValue)", columns: [.init("", .left), .init("")])
        table.add(["suggested learning rate", text(suggestion)])
        table.add(["where the loss fell fastest", text(rateOfSteepestFall)])
        table.add(["where the loss was lowest", text(rateOfLowestLoss)])
        table.add(["tried from", text(rates.first)])
        table.add(["tried to", text(rates.last)])
        return table
    }
}
