internal import CKernels

/// How often each class was taken for each other: row = truth, column = decision, in weights.
struct ConfusionMatrix: Sendable {
    private(set) var classes: Int
    /// `[classes, classes]`, row-major.
    private(set) var counts: [Double]

    init(classes: Int = 0) {
        self.classes = classes
        counts = [Double](repeating: 0, count: classes * classes)
    }

    /// Of binary data, from the counts of class 1.
    init(binary counts: ClassCounts) {
        classes = 2
        self.counts = [
            counts.trueNegatives, counts.falsePositives,
            counts.falseNegatives, counts.truePositives,
        ]
    }

    mutating func update(_ batch: ClassificationBatch) {
        guard case .classes(let truth, let decided) = batch.content else { return }
        let largest = max(truth.max() ?? -1, decided.max() ?? -1)
        grow(to: max(batch.columns, Int(largest) + 1))
        sl_score_count_classes(
            truth, decided, batch.weights, batch.rows, classes, &counts)
    }

    mutating func merge(_ other: Self) {
        grow(to: other.classes)
        for row in 0..<other.classes {
            for column in 0..<other.classes {
                counts[row * classes + column] += other.counts[row * other.classes + column]
            }
        }
    }

    /// Room for more classes; those counted keep their numbers.
    mutating func grow(to wanted: Int) {
        guard wanted > classes else { return }
        var larger = ConfusionMatrix(classes: wanted)
        for row in 0..<classes {
            for column in 0..<classes {
                larger.counts[row * wanted + column] = counts[row * classes + column]
            }
        }
        self = larger
    }

    mutating func set(_ cell: Int, _ count: Double) { counts[cell] = count }

    subscript(truth: Int, decided: Int) -> Double { counts[truth * classes + decided] }

    var rows: [[Double]] {
        (0..<classes).map { Array(counts[$0 * classes..<($0 + 1) * classes]) }
    }
    var trace: Double { (0..<classes).reduce(0) { $0 + self[$1, $1] } }
    var total: Double { counts.reduce(0, +) }

    /// How often each class is true, and how often it is decided for.
    var margins: (truth: [Double], decisions: [Double]) {
        var truth = [Double](repeating: 0, count: classes)
        var decisions = truth
        for row in 0..<classes {
            for column in 0..<classes {
                let count = counts[row * classes + column]
                truth[row] += count
                decisions[column] += count
            }
        }
        return (truth, decisions)
    }

    /// Every class against the rest. All are sums of cells and nothing is subtracted, so what is
    /// empty is exactly 0 with weights too.
    var perClass: [ClassCounts] {
        var result = [ClassCounts](repeating: ClassCounts(), count: classes)
        // What lies right of each column.
        var right = [Double](repeating: 0, count: classes + 1)
        for truth in 0..<classes {
            let start = truth * classes
            for column in stride(from: classes - 1, through: 0, by: -1) {
                right[column] = right[column + 1] + counts[start + column]
            }
            var left = 0.0
            for column in 0..<classes {
                let here = counts[start + column]
                let elsewhere = left + right[column + 1]
                left += here
                if column == truth {
                    result[column].truePositives = here
                    result[column].falseNegatives = elsewhere
                } else {
                    result[column].falsePositives += here
                    result[column].trueNegatives += elsewhere
                }
            }
        }
        return result
    }

    /// `accuracy`, `balanced_accuracy` and `hamming_loss`.
    func addShares(_ perClass: [ClassCounts], to scores: inout ScoreList) {
        let present = perClass.filter { $0.support > 0 }
        let recalls = present.map { DecisionRatio.recall.of($0) }
        let total = total
        scores.add("accuracy", ratio(trace, total))
        scores.add("balanced_accuracy", ratio(recalls.reduce(0, +), Double(recalls.count)))
        // Summed rather than 1 − accuracy, so that no error is exactly 0.
        var wrong = 0.0
        for (cell, count) in counts.enumerated() where cell % (classes + 1) != 0 { wrong += count }
        scores.add("hamming_loss", ratio(wrong, total))
    }
}
