internal import CKernels

/// Spearman's ρ (of mean ranks) and Kendall's τ-b of one output; NaN if a side is constant.
/// Weights do not count.
struct RankCorrelation {
    let spearman: Double
    let kendall: Double

    init(_ batches: [RegressionBatch], output: Int) {
        let (truth, predicted) = RegressionBatch.columns(of: batches, output: output)
        guard !Self.isConstant(truth), !Self.isConstant(predicted) else {
            (spearman, kendall) = (.nan, .nan)
            return
        }
        let count = truth.count
        let empty = sl_score_weighted_key(key: 0, weight: 0)
        var scratch = [sl_score_weighted_key](repeating: empty, count: 3 * count)
        var ranks = [Double](repeating: 0, count: 2 * count)
        let result = sl_score_correlate_ranks(truth, predicted, count, &scratch, &ranks)
        (spearman, kendall) = (result.spearman, result.kendall)
    }

    private static func isConstant(_ values: [Double]) -> Bool {
        values.allSatisfy { $0 == values[0] }
    }
}
