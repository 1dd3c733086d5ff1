internal import CKernels

/// Mean negative logarithm of the probability given to the truth, clipped to [ε, 1 − ε] where ε is
/// the machine epsilon of the type in which the probabilities were stored.
struct LogLoss: Sendable {
    private var sum = Sum()

    mutating func update(_ batch: ClassificationBatch, rules: ScoreRules) {
        guard let scores = batch.scores else { return }
        let epsilon = rules.clipping ?? scores.epsilon
        scores.withMatrix { matrix in
            switch batch.content {
            case .classes(let truth, _):
                sl_score_log_loss_classes(
                    matrix, truth, batch.weights, epsilon, rules.normalizesRows, &sum)
            case .flags(let truth, _):
                sl_score_log_loss_flags(matrix, truth, batch.weights, epsilon, &sum)
            }
        }
    }

    mutating func merge(_ other: Self) { sum.merge(other.sum) }

    /// - Parameter totalWeight: of the rows, times the labels of a row for multilabel data.
    func compute(totalWeight: Double) -> Double { sum.value / totalWeight }
}
