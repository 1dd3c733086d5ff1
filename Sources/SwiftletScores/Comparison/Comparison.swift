package import SwiftletFiles
package import SwiftletTensor

/// Two sets of answers to the same questions, and whether they differ by more than chance.
package struct Comparison: Sendable {
    /// One score of both, and their difference B − A.
    package struct Row: Sendable {
        package let name: String
        /// Nil where undefined.
        package let a: Double?
        package let b: Double?
        /// Where the difference would lie in 95 of 100 test sets like this one.
        package let interval: ClosedRange<Double>?
        /// How often so large a difference would be found between answers that are equally good.
        package let pValue: Double?
        package let method: String?
        /// Whether a smaller value is the better one.
        package let isLoss: Bool

        package var difference: Double? {
            guard let a, let b, (b - a).isFinite else { return nil }
            return b - a
        }
    }

    package let task: String
    package let kind: String?
    package let samples: Int
    /// Every single number, in the order of the reports.
    package let rows: [Row]
    package let mcNemar: McNemar?
    /// Says how often the bootstrap drew, and from how many rows.
    package let details: JSONObject

    package subscript(name: String) -> Row? { rows.first { $0.name == name } }

    /// The score that the verdict is about.
    package var mainRow: Row? {
        for name in ["accuracy", "rmse"] where self[name]?.difference != nil { return self[name] }
        return rows.first { $0.difference != nil }
    }

    /// The finer one that has something to add to it.
    package var secondRow: Row? { self["log_loss"]?.difference == nil ? nil : self["log_loss"] }

    /// Above this a difference may as well be chance.
    package static let significance = 1 - Confidence.level
}

extension Evaluation {
    /// Compares two scored sets of answers to the same rows in the same order.
    ///
    /// - Throws: ``ScoreError/mismatch(_:)`` if they are not of one form, or of one truth.
    package static func compare(
        _ a: Evaluation, _ b: Evaluation, confidence: Confidence, workers: Workers
    ) throws(ScoreError) -> Comparison {
        switch (a, b) {
        case (.classification(var a), .classification(var b)):
            if a.settledKind != b.settledKind {
                a.settle()
                b.settle()
            }
            return try PairedClassification(a, b).comparison(confidence, workers: workers)
        case (.regression(let a), .regression(let b)):
            return try PairedRegression(a, b).comparison(confidence, workers: workers)
        default: throw .mismatch("a classification cannot be compared with a regression")
        }
    }
}

/// What the comparison of two states needs to know of them.
struct PairedBootstrap: Sendable {
    let reports: (a: ScoreReport, b: ScoreReport)
    /// Of every score that both have: its differences B − A over resampled test sets.
    private let names: [String]
    private let differences: [[Double]]
    private let resamples: Int
    private let share: Double
    private let details: JSONObject

    /// - Parameters:
    ///   - sizes: rows to draw from, and of those there are; and how often to draw.
    ///   - scores: of A and B on the rows of resample `n`.
    init(
        _ reports: (a: ScoreReport, b: ScoreReport), confidence: Confidence,
        sizes: (rows: Int, allRows: Int, resamples: Int), workers: Workers,
        scores: @Sendable (Int) -> (a: ScoreList, b: ScoreList)?
    ) {
        self.reports = reports
        let names = reports.a.scores.compactMap { entry -> String? in
            guard let a = entry.value.double, let b = reports.b[entry.name], (b - a).isFinite
            else { return nil }
            return entry.name
        }
        self.names = names
        resamples = reports.a.samples > 1 ? sizes.resamples : 0
        share = Double(sizes.rows) / Double(max(1, sizes.allRows))
        let replicates = Replicates(names, resamples: resamples, workers: workers) { number in
            guard let pair = scores(number) else { return nil }
            var differences = ScoreList()
            for name in names {
                guard let a = pair.a[name]?.double, let b = pair.b[name]?.double else { continue }
                differences.add(name, b - a)
            }
            return differences
        }
        differences = names.indices.map { replicates.sorted($0) }
        var note: JSONObject = [
            "level": .double(Confidence.level), "resamples": .int(resamples),
            "seed": .int(Int(truncatingIfNeeded: confidence.seed)),
        ]
        if sizes.rows < sizes.allRows { note["rows"] = .int(sizes.rows) }
        details = ["confidence": .object(note)]
    }

    /// - Parameter tests: that are better than the bootstrap, by score.
    func comparison(
        _ mcNemar: McNemar?, tests: [String: (pValue: Double, method: String)]
    ) -> Comparison {
        let rows = reports.a.scores.filter { $0.value.isSingle }.map { entry -> Comparison.Row in
            let a = entry.value.double
            let b = reports.b[entry.name]
            // The largest error hangs on one row, which a resample has or has not.
            let column = entry.name == "max_error" ? nil : names.firstIndex(of: entry.name)
            let found = column.flatMap { column in
                bootstrapTest(b, a, differences[column])
            }
            let test = tests[entry.name]
            return Comparison.Row(
                name: entry.name, a: a, b: b, interval: found?.interval,
                pValue: test?.pValue ?? found?.pValue,
                method: test?.method ?? (found == nil ? nil : "bootstrap"),
                isLoss: ScoreRange.isLoss(entry.name))
        }
        return Comparison(
            task: reports.a.task, kind: reports.a.kind, samples: reports.a.samples, rows: rows,
            mcNemar: mcNemar, details: details)
    }

    /// The interval of a difference, and how often chance would give one as large: twice the share of
    /// resampled differences beyond 0, the one that was found counted among them.
    private func bootstrapTest(
        _ b: Double?, _ a: Double?, _ sorted: [Double]
    ) -> (interval: ClosedRange<Double>, pValue: Double)? {
        guard let a, let b, sorted.count > 1, 2 * sorted.count >= resamples else { return nil }
        let difference = b - a
        var values = sorted
        if share < 1 {
            let mean = sorted.reduce(0, +) / Double(sorted.count)
            values = sorted.map { difference + ($0 - mean) * share.squareRoot() }
        }
        let low = BootstrapInterval.quantile(values, (1 - Confidence.level) / 2)
        let high = BootstrapInterval.quantile(values, (1 + Confidence.level) / 2)
        guard low <= high else { return nil }
        let below = Double(values.count { $0 <= 0 } + 1)
        let above = Double(values.count { $0 >= 0 } + 1)
        return (low...high, min(1, 2 * min(below, above) / Double(values.count + 1)))
    }
}
