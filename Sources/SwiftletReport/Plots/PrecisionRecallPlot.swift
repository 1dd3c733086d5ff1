internal import SwiftletScores

extension Chart {
    /// Precision against recall over all thresholds, in steps as average precision sums them.
    static func precisionRecall(
        _ curves: [ThresholdCurve], className: (Int) -> String
    ) -> Chart {
        var chart = Chart(
            title: "Precision-recall curve", x: Axis("recall", 0...1),
            y: Axis("precision", 0...1), isSquare: true)
        for (index, curve) in curves.enumerated() {
            var points: [Point] = []
            for point in curve.points {
                points.append(Point(x: points.last?.x ?? 0, y: point.precision))
                points.append(Point(x: point.truePositiveRate, y: point.precision))
            }
            let average = curve.averagePrecision.map { ", average \(NumberText.score($0))" } ?? ""
            chart.series.append(
                Series(
                    name: className(curve.column) + average, mark: .line, points: points,
                    color: index))
        }
        return chart
    }
}
