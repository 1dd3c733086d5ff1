internal import SwiftletFiles

extension Chart {
    /// The norm of each layer's gradient over the epochs; nil without any.
    static func gradientNorms(_ epochs: [JSON]) -> Chart? {
        // Longer legends than this cover more page than the plot.
        let layers = (epochs.last?["gradient_norms"]?.object?.keys ?? []).prefix(24)
        let values = layers.map { layer in
            epochs.map { $0["gradient_norms"]?[layer]?.double ?? .nan }
        }
        guard values.joined().contains(where: \.isFinite) else { return nil }
        var chart = Chart(
            title: "gradient norm by layer",
            x: epochAxis(epochs.count),
            y: Axis("norm", covering: values.joined().filter { $0 > 0 }, logarithmicBeyond: 20))
        chart.series = zip(layers, values).enumerated().map { index, pair in
            Series(
                name: pair.0, mark: index < PageStyle.colors ? .line : .dashedLine,
                points: pair.1.enumerated().map { Point(x: Double($0 + 1), y: $1) }, color: index)
        }
        return chart
    }

    private static func epochAxis(_ count: Int) -> Axis {
        count > 1 ? Axis("epoch", 1...Double(count)) : Axis("epoch", covering: [1])
    }

    /// The density of a weight's values after a few of the epochs; nil if nothing is known of it.
    static func weightSpread(_ path: String, _ epochs: [JSON]) -> Chart? {
        let last = epochs.count - 1
        let shown = Set([0, last / 4, last / 2, 3 * last / 4, last]).sorted()
        let spreads = shown.compactMap { epoch in
            epochs[epoch]["weights"]?[path].flatMap(Spread.init).map { (epoch, $0) }
        }
        guard !spreads.isEmpty else { return nil }
        let points = spreads.map(\.1.points)
        var chart = Chart(
            title: path, x: Axis("value", covering: points.joined().map(\.x)),
            y: Axis("density", covering: [0] + points.joined().map(\.y)))
        chart.series = zip(spreads, points).enumerated().map { index, pair in
            Series(
                name: "epoch \(pair.0.0 + 1)", mark: .line, points: pair.1, color: index)
        }
        return chart
    }

    private struct Spread {
        let points: [Point]

        init?(_ json: JSON) {
            guard let low = json["low"]?.double, let high = json["high"]?.double,
                let counts = json["counts"]?.array?.map({ $0.double ?? 0 }), !counts.isEmpty
            else { return nil }
            let width = (high - low) / Double(counts.count)
            let total = counts.reduce(0, +)
            guard width > 0, total > 0 else { return nil }
            points = counts.enumerated().map {
                Point(x: low + (Double($0) + 0.5) * width, y: $1 / (total * width))
            }
        }
    }

    /// The loss of each step of a range test against its learning rate.
    static func rateSearch(
        rates: [Double], losses: [Double], smoothed: [Double], suggestion: Double?
    ) -> Chart {
        // What comes after the loss has left all bounds would flatten the rest.
        let lowest = smoothed.filter(\.isFinite).min() ?? 0
        let first = smoothed.first ?? 1
        let bound = max(first, lowest) + 0.5 * abs(first - lowest) + 0.1 * abs(first)
        let heights = (losses + smoothed).filter { $0.isFinite && $0 <= bound }
        var chart = Chart(
            title: "loss of each step",
            x: Axis("learning rate", covering: rates, logarithmicBeyond: 2),
            y: Axis("loss", covering: heights))
        func points(_ values: [Double]) -> [Point] {
            zip(rates, values).map { Point(x: $0, y: $1 <= bound ? $1 : .nan) }
        }
        chart.series = [
            Series(name: "", mark: .dots, points: points(losses), color: nil),
            Series(name: "smoothed", mark: .line, points: points(smoothed), color: 0),
        ]
        if let suggestion {
            let ends = [chart.y.range.lowerBound, chart.y.range.upperBound]
            chart.series.append(
                Series(
                    name: "suggestion \(NumberText.significant(suggestion, digits: 3))",
                    mark: .dashedLine,
                    points: ends.map { Point(x: suggestion, y: $0) }, color: 1))
        }
        return chart
    }
}
