internal import CKernels

/// Share of rows in which fewer than k classes score strictly higher than the true one.
struct TopKAccuracy: Sendable {
    private static let sizes = [2, 3, 5]
    /// The weight of rows with exactly so many classes above the true one; the last: that or more.
    private var weightAt = [Double](repeating: 0, count: 6)

    mutating func update(_ batch: ClassificationBatch, rules: ScoreRules) {
        guard let scores = batch.scores, case .classes(let truth, _) = batch.content else { return }
        scores.withMatrix {
            sl_score_count_above_truth(
                $0, truth, rules.topKPrefersLater, batch.weights, weightAt.count, &weightAt)
        }
    }

    mutating func merge(_ other: Self) {
        for index in weightAt.indices { weightAt[index] += other.weightAt[index] }
    }

    /// Only of fewer than all classes: the rest is 1 by definition.
    func add(to scores: inout ScoreList, classes: Int) {
        let total = weightAt.reduce(0, +)
        for size in Self.sizes where size < classes {
            scores.add("top_\(size)_accuracy", ratio(weightAt[..<size].reduce(0, +), total))
        }
    }
}
