internal import CKernels

/// Multilabel precision, recall, F and Jaccard taken row by row, then averaged over the rows.
struct RowRatios: RowSums {
    /// In the order in which the kernel adds them.
    private static let names = ["precision", "recall", "f1", "f0.5", "f2", "jaccard"]
    var sums = [Sum](repeating: Sum(), count: names.count)

    mutating func update(_ batch: ClassificationBatch, rules: ScoreRules) {
        guard case .flags(let truth, let decided) = batch.content else { return }
        sl_score_row_ratios(truth, decided, batch.weights, batch.rows, batch.columns, &sums)
    }

    func add(to scores: inout ScoreList, totalWeight: Double) {
        for (name, sum) in zip(Self.names, sums) {
            scores.add("\(name)_samples", sum.value / totalWeight)
        }
    }
}
