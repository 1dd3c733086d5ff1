extension Chart {
    /// One metric over the epochs, on the training and, if there is one, on the validation data.
    static func learningCurve(
        _ name: String, training: [Double], validation: [Double]?
    ) -> Chart {
        let epochs = max(training.count, validation?.count ?? 0)
        var chart = Chart(
            title: name,
            x: epochs > 1
                ? Axis("epoch", 1...Double(epochs)) : Axis("epoch", covering: [1]),
            y: Axis(name, covering: training + (validation ?? []), logarithmicBeyond: 100))
        func points(_ values: [Double]) -> [Point] {
            values.enumerated().map { Point(x: Double($0.offset + 1), y: $0.element) }
        }
        chart.series = [
            Series(
                name: validation == nil ? "" : "training", mark: .line, points: points(training),
                color: 0)
        ]
        if let validation {
            chart.series.append(
                Series(name: "validation", mark: .line, points: points(validation), color: 1))
        }
        return chart
    }
}
