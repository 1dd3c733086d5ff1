internal import CKernels

/// How the decisions of one class, or label, change with the threshold: from the highest down.
package struct ThresholdCurve: Sendable {
    package struct Point: Sendable, Equatable {
        package let falsePositiveRate: Double
        /// Recall.
        package let truePositiveRate: Double
        package let precision: Double
    }

    /// Class or label; 0 for binary data, whose curve is that of class 1.
    package let column: Int
    package let points: [Point]
    package let areaUnderROC: Double?
    package let averagePrecision: Double?

    /// - Parameters:
    ///   - positives: scores of rows of the class, ascending; negatives: of all others.
    ///   - resolution: points nearer than its inverse in both rates are left out.
    init(
        column: Int, positives: [sl_score_weighted_key], negatives: [sl_score_weighted_key],
        ranking: Ranking, resolution: Int
    ) {
        self.column = column
        areaUnderROC = ranking.areaUnderROC
        averagePrecision = ranking.averagePrecision
        let allPositives = positives.reduce(0) { $0 + $1.weight }
        let allNegatives = negatives.reduce(0) { $0 + $1.weight }
        var points: [Point] = []
        var (i, j) = (positives.count, negatives.count)
        var (truePositives, falsePositives) = (0.0, 0.0)
        let step = 1 / Double(resolution)
        while i > 0 || j > 0 {
            let key = max(i > 0 ? positives[i - 1].key : 0, j > 0 ? negatives[j - 1].key : 0)
            while i > 0, positives[i - 1].key == key {
                i -= 1
                truePositives += positives[i].weight
            }
            while j > 0, negatives[j - 1].key == key {
                j -= 1
                falsePositives += negatives[j].weight
            }
            let point = Point(
                falsePositiveRate: ratio(falsePositives, allNegatives),
                truePositiveRate: ratio(truePositives, allPositives),
                precision: ratio(truePositives, truePositives + falsePositives))
            let isFar =
                points.last.map {
                    point.falsePositiveRate - $0.falsePositiveRate >= step
                        || point.truePositiveRate - $0.truePositiveRate >= step
                } ?? true
            if isFar || i == 0 && j == 0 { points.append(point) }
        }
        self.points = points
    }
}

extension ClassificationScores {
    /// The curves of the first columns that have both positives and negatives; empty for decisions.
    package func thresholdCurves(columnLimit: Int = 12, resolution: Int = 250) -> [ThresholdCurve] {
        (0..<min(scoredColumns, columnLimit)).compactMap { column in
            let curve = ranked.curve(column: column, resolution: resolution)
            return curve.areaUnderROC == nil ? nil : curve
        }
    }

    /// Confidence against correctness, bin by bin; empty for decisions and for multilabel data.
    package var reliability: [ReliabilityBin] { calibration.bins }
}
