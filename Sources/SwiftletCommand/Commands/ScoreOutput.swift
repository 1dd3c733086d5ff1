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

    func check() throws {
        try checkDestination(json)
        try checkDestination(report)
    }

    func write(_ scores: ClassificationScores, title: String) throws {
        let results = try scores.results(workers: Workers())
        try write(results, title: title) { $0.add(scores, report: results) }
    }

    func write(_ scores: RegressionScores, title: String) throws {
        let results = try scores.results(workers: Workers())
        try write(results, title: title) { $0.add(scores, report: results) }
    }

    /// Scores of images.
    func write(_ results: ScoreReport, title: String) throws {
        try write(results, title: title) { $0.add(results) }
    }

    /// Files first: a table that was shown promises that they are there.
    private func write(
        _ results: ScoreReport, title: String, fill: (inout ReportPage) -> Void
    ) throws {
        if let json { try AtomicFile.write(results.json.text(pretty: true) + "\n", to: json) }
        if let report {
            var page = ReportPage(title: "Scores", subtitle: title)
            fill(&page)
            try AtomicFile.write(page.html, to: report)
        }
        print(ScoreTables(results).text(for: .standardOutput))
    }
}
