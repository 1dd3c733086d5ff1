internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

/// Where scores go besides the table on standard output.
struct ScoreOutput: ParsableArguments {
    @Option(help: ArgumentHelp("Write the scores as JSON.", valueName: "s.json"))
    var json: String?

    @Option(help: ArgumentHelp("Write a page with tables and plots.", valueName: "r.html"))
    var report: String?

    @Flag(help: "No confidence intervals.")
    var noIntervals = false

    func check() throws {
        try checkDestination(json)
        try checkDestination(report)
    }

    /// Scores of tables.
    ///
    /// - Parameter addition: what else the page shows.
    func write(
        _ evaluation: Evaluation, title: String, confidence: Confidence,
        addition: (inout ReportPage) throws -> Void = { _ in }
    ) throws {
        let results = try evaluation.results(
            workers: Workers(), confidence: noIntervals ? nil : confidence)
        try write(results, title: title) { page in
            page.add(evaluation, report: results)
            try addition(&page)
        }
    }

    /// Scores of images.
    func write(_ results: ScoreReport, title: String) throws {
        try write(results, title: title) { $0.add(results) }
    }

    /// Files first: a table that was shown promises that they are there.
    private func write(
        _ results: ScoreReport, title: String, fill: (inout ReportPage) throws -> Void
    ) throws {
        if let json { try AtomicFile.write(results.json.text(pretty: true) + "\n", to: json) }
        if let report {
            var page = ReportPage(title: "Scores", subtitle: title)
            try fill(&page)
            try AtomicFile.write(page.html, to: report)
        }
        print(ScoreTables(results).text(for: .standardOutput))
    }
}
