extension Chart {
    /// Prediction against truth; on the diagonal they agree.
    static func predictions(
        _ sample: [(truth: Double, predicted: Double)], title: String
    ) -> Chart {
        let values = sample.flatMap { [$0.truth, $0.predicted] }
        let x = Axis("true", covering: values)
        let (low, high) = (x.range.lowerBound, x.range.upperBound)
        var chart = Chart(
            title: title, x: x, y: Axis("predicted", covering: values), isSquare: true)
        chart.series = [
            Series(
                name: "", mark: .dots, points: sample.map { Point(x: $0.truth, y: $0.predicted) },
                color: 0),
            Series(
                name: "", mark: .dashedLine,
                points: [Point(x: low, y: low), Point(x: high, y: high)]),
        ]
        return chart
    }
}
