internal import CKernels

/// Decisions that are zeros and ones: four (weighted) counts per label, and rows right throughout.
struct LabelCounts: Sendable {
    /// Per label: tn, fp, fn, tp.
    private var counts: [Double] = []
    private var wholeRows = 0.0

    var labels: Int { counts.count / 4 }

    mutating func update(_ batch: ClassificationBatch) {
        guard case .flags(let truth, let decided) = batch.content else { return }
        grow(to: 4 * batch.columns)
        sl_score_count_flags(
            truth, decided, batch.weights, batch.rows, batch.columns, &counts, &wholeRows)
    }

    mutating func merge(_ other: Self) {
        grow(to: other.counts.count)
        for index in other.counts.indices { counts[index] += other.counts[index] }
        wholeRows += other.wholeRows
    }

    private mutating func grow(to count: Int) {
        counts += [Double](repeating: 0, count: max(0, count - counts.count))
    }

    var perLabel: [ClassCounts] {
        (0..<labels).map {
            ClassCounts(
                truePositives: counts[4 * $0 + 3], falsePositives: counts[4 * $0 + 1],
                falseNegatives: counts[4 * $0 + 2], trueNegatives: counts[4 * $0])
        }
    }

    /// `accuracy` (the whole row right), `hamming_loss` and `confusion_matrices`.
    func add(to scores: inout ScoreList, totalWeight: Double) {
        let wrong = perLabel.reduce(0) { $0 + $1.falsePositives + $1.falseNegatives }
        scores.add("accuracy", ratio(wholeRows, totalWeight))
        scores.add("hamming_loss", ratio(wrong, totalWeight * Double(labels)))
        scores.add(
            "confusion_matrices",
            .list(
                perLabel.map {
                    .matrix([
                        [$0.trueNegatives, $0.falsePositives],
                        [$0.falseNegatives, $0.truePositives],
                    ])
                }))
    }
}
