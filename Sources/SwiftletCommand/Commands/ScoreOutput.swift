internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletStreaming
internal import SwiftletTensor

/// Where scores go besides the table on standard output.
struct ScoreOutput: ParsableArguments {
    @Option(help: ArgumentHelp("Write the scores as JSON.", valueName: "s.json"))
    var json: String?

    @Option(help: ArgumentHelp("Write a page with tables and plots.", valueName: "r.html"))
    var report: String?

    /// That a page shows.
    static let worstRows = 24

    func check() throws {
        try checkDestination(json)
        try checkDestination(report)
    }

    /// Scores of tables.
    ///
    /// - Parameter addition: what else the page shows.
    func write(
        _ evaluation: Evaluation, title: String, confidence: Confidence?,
        addition: (inout ReportPage) throws -> Void = { _ in }
    ) throws {
        let results = try evaluation.results(workers: Workers(), confidence: confidence)
        try emit(results, title: title) { page in
            page.add(evaluation, report: results)
            try addition(&page)
        }
    }

    /// Answers that were put together.
    func write(_ prediction: StreamedPrediction) throws {
        if let json {
            let members: JSONObject = ["outputs": prediction.arrays.json]
            try AtomicFile.write(JSON.object(members).text(pretty: true) + "\n", to: json)
        }
        for array in prediction.arrays { print(array.line) }
    }

    /// Scores of images, and what a report shows of the images themselves.
    func write(
        _ results: ScoreReport, title: String, gallery: (inout ReportPage) throws -> Void
    ) throws {
        try emit(results, title: title) { page in
            page.add(results)
            try gallery(&page)
        }
    }

    /// Files first: a table that was shown promises that they are there.
    private func emit(
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
