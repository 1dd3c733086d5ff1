internal import SwiftletTensor

extension ConfusionMatrix {
    /// As many rows drawn with replacement from the rows that were counted (without weights): the
    /// cells' counts are then multinomial, so the rows themselves are not needed.
    func resampled(_ random: inout RandomSequence) -> ConfusionMatrix {
        var drawn = ConfusionMatrix(classes: classes)
        var (rowsLeft, countLeft) = (total, total)
        for cell in counts.indices where counts[cell] > 0 && rowsLeft > 0 {
            let hits = random.binomial(rowsLeft, min(1, counts[cell] / countLeft))
            drawn.set(cell, hits)
            rowsLeft -= hits
            countLeft -= counts[cell]
        }
        return drawn
    }
}

extension ClassificationScores {
    /// What the bootstrap may cost, in nanoseconds of one thread, about.
    private static let budget = 1.5e9

    /// Rows that the bootstrap draws from, and how often it draws, so that it stays fast.
    func bootstrapSize(_ confidence: Confidence, batches: Int = 1) -> (rows: Int, resamples: Int) {
        let columns = Double(columns ?? 0)
        let cost = Double(batches) * (kind == .multilabel ? 200 + 80 * columns : 80 + 30 * columns)
        let whole = Double(confidence.resamples) * cost
        let rows = max(1000, Int(min(Self.budget / whole, 1e9)))
        let affordable = 2 * Self.budget / (cost * Double(min(rows, samples)))
        return (
            rows, max(min(confidence.resamples, 100), min(confidence.resamples, Int(affordable)))
        )
    }

    /// Gives every single number of the report an interval, where the data allow one.
    func addIntervals(
        _ confidence: Confidence, ranking: Ranking?, to report: inout ScoreReport,
        workers: Workers
    ) {
        var rows: Int?
        var resamples = confidence.resamples
        if samples > 1 {
            if !isWeighted, settledKind != .multilabel {
                addDecisionIntervals(confidence, to: &report, workers: workers)
            }
            let size = bootstrapSize(confidence)
            let left = report.scalars.filter { report.intervals[$0.name] == nil }
            if !left.isEmpty, batches.reduce(0, { $0 + $1.rows }) == samples,
                let pool = try? RowPool(batches, limit: size.rows, seed: confidence.seed)
            {
                resamples = size.resamples
                rows = pool.rows < pool.allRows ? pool.rows : nil
                addRowIntervals(pool, left, confidence, resamples, to: &report, workers: workers)
            }
        }
        addClosedForms(ranking, to: &report)
        report.note(confidence, resamples: resamples, rows: rows)
    }

    private func addDecisionIntervals(
        _ confidence: Confidence, to report: inout ScoreReport, workers: Workers
    ) {
        let matrix = decisions
        let isBinary = settledKind == .binary
        var estimate = ScoreList()
        Self.addDecisions(
            matrix, isBinary: isBinary, averagingAll: averagesAllClasses, to: &estimate)
        let names = estimate.compactMap { $0.value.double == nil ? nil : $0.name }
        let cells = Double(matrix.classes * matrix.classes)
        let resamples = max(
            min(confidence.resamples, 100),
            Int(min(Double(confidence.resamples), Self.budget / (10 * cells + 2e4))))
        let replicates = Replicates(names, resamples: resamples, workers: workers) { number in
            var random = RandomSequence(
                seed: confidence.seed, stream: UInt64(number) | 1 << 63)
            var scores = ScoreList()
            Self.addDecisions(
                matrix.resampled(&random), isBinary: isBinary, averagingAll: averagesAllClasses,
                to: &scores)
            return scores
        }
        report.addIntervals(from: replicates, share: 1)
    }

    private func addRowIntervals(
        _ pool: RowPool<ClassificationBatch>, _ scalars: [(name: String, value: Double)],
        _ confidence: Confidence, _ resamples: Int, to report: inout ScoreReport, workers: Workers
    ) {
        let part: ClassificationPart = isWeighted ? .all : .probabilities
        let replicates = Replicates(
            scalars.map(\.name), resamples: resamples, workers: workers
        ) { number in
            scores(ofResample: number, from: pool, part: part, seed: confidence.seed)
        }
        report.addIntervals(
            from: replicates, share: Double(pool.rows) / Double(pool.allRows))
    }

    /// The scores of rows drawn from a pool; nil if there was no memory, or no weight in them.
    func scores(
        ofResample number: Int, from pool: RowPool<ClassificationBatch>,
        part: ClassificationPart, seed: UInt64
    ) -> ScoreList? {
        guard let drawn = try? pool.resample(number, seed: seed) else { return nil }
        var state = ClassificationScores(like: self, kind: settledKind)
        for batch in drawn { state.count(batch, keeping: true) }
        guard state.weight.value > 0 else { return nil }
        var rankings: [Ranking] = []
        return state.scores(from: part, workers: .single, rankings: &rankings, resolution: 0)
    }

    /// Where a formula is better than the bootstrap: shares of independent rows of equal weight, and
    /// DeLong's variance.
    private func addClosedForms(_ ranking: Ranking?, to report: inout ScoreReport) {
        guard !isWeighted else { return }
        let rows = Double(samples)
        var shares: [(name: String, count: Double)] = [("accuracy", rows)]
        if settledKind != .multilabel { shares.append(("hamming_loss", rows)) }
        for size in [2, 3, 5] { shares.append(("top_\(size)_accuracy", rows)) }
        if settledKind == .binary {
            let counts = decisions.perClass[1]
            shares.append(("precision", counts.truePositives + counts.falsePositives))
            shares.append(("recall", counts.support))
            shares.append(("specificity", counts.trueNegatives + counts.falsePositives))
        }
        for (name, count) in shares {
            if let value = report[name], count > 0 {
                report.intervals[name] = ScoreInterval.wilson(
                    hits: (value * count).rounded(), of: count)
            }
        }
        if let ranking, settledKind == .binary, report["roc_auc"] != nil,
            let interval = ScoreInterval.deLong(ranking)
        {
            report.intervals["roc_auc"] = interval
        }
    }
}
