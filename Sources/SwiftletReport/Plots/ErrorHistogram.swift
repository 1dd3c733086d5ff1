extension Chart {
    /// How often errors (prediction − truth) of each size occur.
    static func errorHistogram(
        _ sample: [(truth: Double, predicted: Double)], title: String
    ) -> Chart {
        histogram(
            sample.map { $0.predicted - $0.truth }, title: title, label: "predicted − true",
            count: "samples")
    }

    /// How often values occur.
    ///
    /// - Parameters:
    ///   - label: what the values are.
    ///   - count: what is counted.
    static func histogram(
        _ values: [Double], title: String, label: String, count: String
    ) -> Chart {
        let x = Axis(label, covering: values)
        let bins = min(30, max(5, Int(Double(values.count).squareRoot())))
        var counts = [Double](repeating: 0, count: bins)
        for value in values {
            counts[min(bins - 1, max(0, Int(x.share(value) * Double(bins))))] += 1
        }
        let width = (x.range.upperBound - x.range.lowerBound) / Double(bins)
        var chart = Chart(title: title, x: x, y: Axis(count, covering: counts + [0]))
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
