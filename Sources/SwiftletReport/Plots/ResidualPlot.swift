extension Chart {
    /// Error (prediction − truth) against prediction: what is left should have no shape.
    static func residuals(_ sample: [(truth: Double, predicted: Double)], title: String) -> Chart {
        let points = sample.map { Point(x: $0.predicted, y: $0.predicted - $0.truth) }
        let x = Axis("predicted", covering: points.map(\.x))
        var chart = Chart(
            title: title, x: x, y: Axis("predicted − true", covering: points.map(\.y) + [0]))
        chart.series = [
            Series(name: "", mark: .dots, points: points, color: 0),
            Series(
                name: "", mark: .dashedLine,
                points: [Point(x: x.range.lowerBound, y: 0), Point(x: x.range.upperBound, y: 0)]),
        ]
        return chart
    }
}
