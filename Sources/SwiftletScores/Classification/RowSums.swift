internal import CKernels

/// Scores that are sums over rows of what each row is worth by itself.
protocol RowSums: Sendable {
    init()
    var sums: [Sum] { get set }
    mutating func update(_ batch: ClassificationBatch, rules: ScoreRules)
}

extension RowSums {
    mutating func merge(_ other: Self) {
        for index in sums.indices { sums[index].merge(other.sums[index]) }
    }
}

/// What every row of some batches adds to the sums of a score.
struct RowTerms<Score: RowSums>: Sendable {
    /// `[sums, rows]`, without the rows' weights.
    private var terms: [[Double]]

    init(_ batches: [ClassificationBatch], rules: ScoreRules) throws {
        terms = [[Double]](repeating: [], count: Score().sums.count)
        for batch in batches {
            for row in 0..<batch.rows {
                var score = Score()
                score.update(try batch.rows(at: [row]).weighted(nil), rules: rules)
                for (index, sum) in score.sums.enumerated() { terms[index].append(sum.value) }
            }
        }
    }

    /// The score of the same rows with other weights.
    func weighted(_ weights: [Double]) -> Score {
        var score = Score()
        for (index, values) in terms.enumerated() {
            var sum = 0.0
            for row in values.indices { sum += weights[row] * values[row] }
            score.sums[index].add(sum)
        }
        return score
    }
}
