internal import SwiftletScores

extension Chart {
    /// How often predictions of each confidence are right; on the diagonal they are calibrated.
    static func reliability(_ bins: [ReliabilityBin]) -> Chart {
        let total = bins.reduce(0) { $0 + $1.weight }
        var chart = Chart(
            title: "Reliability", x: Axis("confidence", 0...1), y: Axis("share right", 0...1),
            isSquare: true)
        chart.series = [
            Series(
                name: "share of the samples", mark: .bars(width: 1 / 15),
                points: bins.map { Point(x: $0.confidence, y: $0.weight / total) }, color: 2),
            Series(
                name: "calibrated", mark: .dashedLine,
                points: [Point(x: 0, y: 0), Point(x: 1, y: 1)]),
            Series(
                name: "found", mark: .line,
                points: bins.map { Point(x: $0.confidence, y: $0.correct) }, color: 0),
        ]
        return chart
    }
}
