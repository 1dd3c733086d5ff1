internal import SwiftletTensor

extension RegressionScores {
    /// What the bootstrap may cost, in nanoseconds of one thread, about.
    private static let budget = 1.5e9

    /// Rows that the bootstrap draws from, and how often it draws, so that it stays fast.
    func bootstrapSize(_ confidence: Confidence, batches: Int = 1) -> (rows: Int, resamples: Int) {
        let cost = Double(batches * max(1, outputCount)) * 400
        let rows = max(1000, Int(Self.budget / (Double(confidence.resamples) * cost)))
        let affordable = 2 * Self.budget / (cost * Double(min(rows, max(1, samples))))
        return (
            rows, max(min(confidence.resamples, 100), min(confidence.resamples, Int(affordable)))
        )
    }

    /// Gives every single number of the report an interval, where the data allow one.
    func addIntervals(
        _ confidence: Confidence, to report: inout ScoreReport, workers: Workers
    ) {
        let size = bootstrapSize(confidence)
        var rows: Int?
        if samples > 1,
            let pool = try? RowPool(batches, limit: size.rows, seed: confidence.seed)
        {
            rows = pool.rows < pool.allRows ? pool.rows : nil
            let replicates = Replicates(
                report.scalars.map(\.name), resamples: size.resamples, workers: workers
            ) { scores(ofResample: $0, from: pool, seed: confidence.seed) }
            report.addIntervals(
                from: replicates, share: Double(pool.rows) / Double(pool.allRows))
        }
        if !isWeighted, outputCount == 1, let pearson = report["pearson"] {
            report.intervals["pearson"] =
                ScoreInterval.fisher(correlation: pearson, count: samples)
                ?? report.intervals["pearson"]
        }
        report.note(confidence, resamples: size.resamples, rows: rows)
    }

    /// The scores of rows drawn from a pool; nil if there was no memory, or no weight in them.
    func scores(
        ofResample number: Int, from pool: RowPool<RegressionBatch>, seed: UInt64
    ) -> ScoreList? {
        guard let drawn = try? pool.resample(number, seed: seed) else { return nil }
        var state = RegressionScores(like: self)
        for batch in drawn { state.count(batch) }
        guard state.weight.value > 0 else { return nil }
        return state.scores(workers: .single)
    }
}
