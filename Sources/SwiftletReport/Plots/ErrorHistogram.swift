extension Chart {
    /// How often errors (prediction − truth) of each size occur.
    static func errorHistogram(
        _ sample: [(truth: Double, predicted: Double)], title: String
    ) -> Chart {
        let errors = sample.map { $0.predicted - $0.truth }
        let x = Axis("predicted − true", covering: errors)
        let bins = min(30, max(5, Int(Double(errors.count).squareRoot())))
        var counts = [Double](repeating: 0, count: bins)
        for error in errors {
            counts[min(bins - 1, max(0, Int(x.share(error) * Double(bins))))] += 1
        }
        let width = (x.range.upperBound - x.range.lowerBound) / Double(bins)
        var chart = Chart(title: title, x: x, y: Axis("samples", covering: counts + [0]))
        chart.series = [
            Series(
                name: "", mark: .bars(width: width),
                points: counts.enumerated().map {
                    Point(x: x.range.lowerBound + (Double($0.offset) + 0.5) * width, y: $0.element)
                }, color: 0)
        ]
        return chart
    }
}
