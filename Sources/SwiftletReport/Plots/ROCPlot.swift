internal import SwiftletScores

extension Chart {
    /// True against false positive rate over all thresholds; the diagonal is chance.
    static func roc(_ curves: [ThresholdCurve], className: (Int) -> String) -> Chart {
        var chart = Chart(
            title: "ROC curve", x: Axis("false positive rate", 0...1),
            y: Axis("true positive rate", 0...1), isSquare: true)
        chart.series.append(
            Series(
                name: "", mark: .dashedLine, points: [Point(x: 0, y: 0), Point(x: 1, y: 1)]))
        for (index, curve) in curves.enumerated() {
            let area = curve.areaUnderROC.map { ", area \(NumberText.score($0))" } ?? ""
            let points = curve.points.map { Point(x: $0.falsePositiveRate, y: $0.truePositiveRate) }
            chart.series.append(
                Series(
                    name: className(curve.column) + area, mark: .line,
                    points: [Point(x: 0, y: 0)] + points, color: index))
        }
        return chart
    }
}
