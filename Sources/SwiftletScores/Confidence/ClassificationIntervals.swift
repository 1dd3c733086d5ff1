internal import SwiftletTensor

extension ConfusionMatrix {
    /// As many rows drawn with replacement from the rows that were counted (without weights): the
    /// cells' counts are then multinomial, so the rows themselves are not needed.
    ///
    /// - Parameter cells: of every row, from ``cellOfRows``, where there are about as many cells as
    ///   rows.
    func resampled(_ random: inout RandomSequence, cells: [UInt32]?) -> ConfusionMatrix {
        var drawn = ConfusionMatrix(classes: classes)
        if let cells {
            for _ in cells { drawn.increment(Int(cells[random.below(cells.count)])) }
            return drawn
        }
        var (rowsLeft, countLeft) = (total, total)
        for cell in counts.indices where counts[cell] > 0 && rowsLeft > 0 {
            let hits = random.binomial(rowsLeft, min(1, counts[cell] / countLeft))
            drawn.set(cell, hits)
            rowsLeft -= hits
            countLeft -= counts[cell]
        }
        return drawn
    }

    /// The cell of every row; nil where drawing cells is faster than drawing rows.
    var cellOfRows: [UInt32]? {
        let filled = counts.count { $0 > 0 }
        guard total < 8 * Double(filled) else { return nil }
        return counts.indices.flatMap { cell in
            repeatElement(UInt32(cell), count: Int(counts[cell]))
        }
    }
}

/// Rows of a classification made ready to be scored again and again with other weights.
struct ResampledClassification: Sendable {
    let pool: RowPool<ClassificationBatch>
    private let state: ClassificationScores
    /// The rows' own weights.
    private let weights: [Double]?
    private let orders: [RankedOrder]
    private let pooledOrder: RankedOrder?
    private let logLoss: RowTerms<LogLoss>
    private let brier: RowTerms<BrierScore>
    private let ratios: RowTerms<RowRatios>
    private let labelRanking: RowTerms<LabelRanking>

    /// - Parameter limit: of many rows, so many stand for all.
    init(
        _ scores: ClassificationScores, limit: Int, seed: UInt64, workers: Workers
    ) throws {
        state = ClassificationScores(like: scores, kind: scores.settledKind)
        pool = try RowPool(scores.batches, limit: limit, seed: seed)
        let batches = pool.batches
        weights =
            scores.isWeighted
            ? batches.flatMap { $0.weights ?? [Double](repeating: 1, count: $0.rows) } : nil
        let rules = scores.rules
        let isMultilabel = scores.settledKind == .multilabel
        logLoss = try RowTerms(batches, rules: rules)
        brier = try RowTerms(batches, rules: rules)
        ratios = try RowTerms(isMultilabel ? batches : [], rules: rules)
        labelRanking = try RowTerms(isMultilabel ? batches : [], rules: rules)
        let ranked = RankedScores(batches)
        orders = (0..<scores.scoredColumns).map { ranked.order(column: $0) }
        pooledOrder =
            isMultilabel && scores.hasScores
            ? RankedScores(batches, isFlattened: true).order(column: 0) : nil
    }

    /// The scores of the rows that a resample draws; nil if none of them has weight.
    func scores(_ number: Int, part: ClassificationPart, seed: UInt64) -> ScoreList? {
        var drawn = pool.multiplicities(number, seed: seed)
        let times = weights == nil ? drawn.map { UInt32($0) } : []
        if let weights { for row in drawn.indices { drawn[row] *= weights[row] } }
        var state = state
        var start = 0
        for batch in pool.batches {
            state.countDecisions(
                of: batch.weighted(Array(drawn[start..<start + batch.rows])), part)
            start += batch.rows
        }
        guard state.weight.value > 0 else { return nil }
        state.take(
            logLoss.weighted(drawn), brier.weighted(drawn), ratios.weighted(drawn),
            labelRanking.weighted(drawn))
        func ranking(_ order: RankedOrder) -> Ranking {
            weights == nil ? order.ranking(times: times) : order.ranking(drawn)
        }
        return state.scores(
            from: part, rankings: orders.map(ranking), pooled: pooledOrder.map(ranking))
    }
}

extension ClassificationScores {
    /// What the bootstrap may cost, in nanoseconds of one thread, about.
    private static let budget = 2e9

    /// Rows that the bootstrap draws from, and how often it draws, so that it stays fast.
    func bootstrapSize(_ confidence: Confidence, batches: Int = 1) -> (rows: Int, resamples: Int) {
        let columns = Double(columns ?? 0)
        let cost = Double(batches) * (kind == .multilabel ? 80 + 16 * columns : 60 + 9 * columns)
        let whole = Double(confidence.resamples) * cost
        let rows = max(1000, Int(min(Self.budget / whole, 1e9)))
        let affordable = Self.budget / (cost * Double(min(rows, samples)))
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
                let rowsAgain = try? ResampledClassification(
                    self, limit: size.rows, seed: confidence.seed, workers: workers)
            {
                resamples = size.resamples
                let pool = rowsAgain.pool
                rows = pool.rows < pool.allRows ? pool.rows : nil
                addRowIntervals(
                    rowsAgain, left, confidence, resamples, to: &report, workers: workers)
            }
        }
        addClosedForms(ranking, to: &report)
        report.note(confidence, resamples: resamples, rows: rows)
    }

    private func addDecisionIntervals(
        _ confidence: Confidence, to report: inout ScoreReport, workers: Workers
    ) {
        let matrix = decisions
        var form = decisionForm
        form.isSingle = true
        var estimate = ScoreList()
        Self.addDecisions(matrix, form, to: &estimate)
        let names = estimate.compactMap { $0.value.double == nil ? nil : $0.name }
        let cells = matrix.cellOfRows
        let cost = 12 * Double(matrix.counts.count) + 60 * Double(cells?.count ?? 0) + 2e4
        let resamples = max(
            min(confidence.resamples, 40),
            Int(min(Double(confidence.resamples), Self.budget / cost)))
        let replicates = Replicates(names, resamples: resamples, workers: workers) { number in
            var random = RandomSequence(
                seed: confidence.seed, stream: UInt64(number) | 1 << 63)
            var scores = ScoreList()
            Self.addDecisions(matrix.resampled(&random, cells: cells), form, to: &scores)
            return scores
        }
        report.addIntervals(from: replicates, share: 1)
    }

    private func addRowIntervals(
        _ rows: ResampledClassification, _ scalars: [(name: String, value: Double)],
        _ confidence: Confidence, _ resamples: Int, to report: inout ScoreReport, workers: Workers
    ) {
        let part: ClassificationPart = isWeighted ? .all : .probabilities
        let replicates = Replicates(
            scalars.map(\.name), resamples: resamples, workers: workers
        ) { rows.scores($0, part: part, seed: confidence.seed) }
        report.addIntervals(
            from: replicates, share: Double(rows.pool.rows) / Double(rows.pool.allRows))
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
            let counts = decisions.perClass(isWeighted: false)[1]
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
