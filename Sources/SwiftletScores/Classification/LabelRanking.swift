internal import CKernels

/// Multilabel scores of how each row ranks its labels.
///
/// - SeeAlso: Tsoumakas, Katakis, Vlahavas 2010, "Mining multi-label data".
struct LabelRanking: RowSums {
    /// In the order in which the kernel adds them.
    private static let names = [
        "label_ranking_average_precision", "coverage_error", "ranking_loss",
    ]
    var sums = [Sum](repeating: Sum(), count: names.count)

    mutating func update(_ batch: ClassificationBatch, rules: ScoreRules) {
        guard let scores = batch.scores, case .flags(let truth, _) = batch.content else { return }
        var scratch = [Double](repeating: 0, count: 2 * batch.columns)
        scores.withMatrix {
            sl_score_rank_labels($0, truth, batch.weights, &scratch, &sums)
        }
    }

    func add(to scores: inout ScoreList, totalWeight: Double) {
        for (name, sum) in zip(Self.names, sums) { scores.add(name, sum.value / totalWeight) }
    }
}
