internal import CKernels
internal import SwiftletFiles

/// How the decisions of one class, or label, change with the threshold: from the highest down.
package struct ThresholdCurve: Sendable {
    package struct Point: Sendable, Equatable {
        /// Decisions from here on are positive.
        package let threshold: Double
        package let falsePositiveRate: Double
        /// Recall.
        package let truePositiveRate: Double
        package let precision: Double

        init(_ point: sl_score_curve_point, of all: sl_score_ranking) {
            threshold = point.threshold
            falsePositiveRate = ratio(point.false_positives, all.negatives)
            truePositiveRate = ratio(point.true_positives, all.positives)
            precision = ratio(
                point.true_positives, point.true_positives + point.false_positives)
        }
    }

    /// Classes that get a curve: more are no longer told apart.
    static let largestCount = 12
    /// Points nearer than its inverse in both rates are left out.
    static let standardResolution = 200

    /// Class or label; 0 for binary data, whose curve is that of class 1.
    package let column: Int
    package let points: [Point]
    package let areaUnderROC: Double?
    package let averagePrecision: Double?

    /// Nil for a column without positives or without negatives.
    init?(_ ranking: Ranking, column: Int) {
        guard ranking.areaUnderROC != nil, !ranking.curve.isEmpty else { return nil }
        self.column = column
        points = ranking.curve
        areaUnderROC = ranking.areaUnderROC
        averagePrecision = ranking.averagePrecision
    }

    /// - Parameter name: of the class.
    fileprivate func json(class name: Int) -> JSON {
        func list(_ value: (Point) -> Double) -> JSON {
            .array(points.map { .double((value($0) * 1e6).rounded() / 1e6) })
        }
        return .object([
            "class": .int(name), "thresholds": .array(points.map { .double($0.threshold) }),
            "false_positive_rate": list(\.falsePositiveRate),
            "true_positive_rate": list(\.truePositiveRate), "precision": list(\.precision),
        ])
    }
}

extension ClassificationScores {
    /// The curves of the first columns that have both positives and negatives; empty for decisions.
    package func thresholdCurves(resolution: Int = 200) -> [ThresholdCurve] {
        let ranked = RankedScores(batches)
        return (0..<min(scoredColumns, ThresholdCurve.largestCount)).compactMap { column in
            ThresholdCurve(
                ranked.ranking(column: column, resolution: resolution), column: column)
        }
    }

    /// Confidence against correctness, bin by bin; empty for decisions and for multilabel data.
    package var reliability: [ReliabilityBin] { calibration.bins }

    /// What a plot needs besides the scores: thinned curves and the reliability table.
    func plotDetails(_ curves: [ThresholdCurve]) -> JSONObject {
        var details: JSONObject = [:]
        if !curves.isEmpty {
            details["curves"] = .object([
                "resolution": .int(ThresholdCurve.standardResolution),
                "classes_left_out": .int(max(0, scoredColumns - ThresholdCurve.largestCount)),
                "classes": .array(
                    curves.map { $0.json(class: settledKind == .binary ? 1 : $0.column) }),
            ])
        }
        let bins = reliability
        if !bins.isEmpty { details["reliability"] = .array(bins.map(\.json)) }
        return details
    }
}
