internal import CKernels

/// Mean squared difference of probability and outcome; of several classes the sum over them, not
/// halved.
struct BrierScore: RowSums {
    var sums = [Sum()]

    mutating func update(_ batch: ClassificationBatch, rules: ScoreRules) {
        guard let scores = batch.scores else { return }
        scores.withMatrix { matrix in
            switch batch.content {
            case .classes(let truth, _):
                sl_score_brier_classes(matrix, truth, batch.weights, &sums[0])
            case .flags(let truth, _):
                sl_score_brier_flags(matrix, truth, batch.weights, &sums[0])
            }
        }
    }

    /// - Parameter totalWeight: of the rows, times the labels of a row for multilabel data.
    func compute(totalWeight: Double) -> Double { sums[0].value / totalWeight }
}
