/// A confusion matrix as a heat map: each row shaded by the share of the true class.
struct ConfusionPlot: Sendable {
    /// Beyond so many classes no cell can be read.
    static let largest = 60

    let rows: [[Double]]
    let names: [String]

    private var cell: Double {
        guard hasNumbers else { return 14 }
        let longest = rows.joined().map { NumberText.count($0).count }.max() ?? 1
        return max(rows.count <= 12 ? 44 : 30, Double(longest) * 7 + 8)
    }
    private var hasNumbers: Bool { rows.count <= 25 }

    var figure: String {
        let longest = names.map(\.displayWidth).max() ?? 1
        let margin = min(Double(longest) * 7.5 + 12, 160)
        let side = cell * Double(rows.count)
        let (width, height) = (margin + 26 + side + 8, side + margin + 30)
        var page = Markup()
        page.add("figure") { figure in
            figure.add("figcaption", text: "Confusion matrix")
            figure.add(
                "svg",
                [
                    "viewBox": "0 0 \(Chart.text(width)) \(Chart.text(height))",
                    "width": Chart.text(width), "height": Chart.text(height), "role": "img",
                    "aria-label": "Confusion matrix, row: truth, column: decision",
                ]
            ) { svg in
                draw(&svg, left: margin + 26, top: 4)
                label(&svg, left: margin + 26, top: 4, side: side, height: height)
            }
        }
        return page.text
    }

    private func draw(_ svg: inout Markup, left: Double, top: Double) {
        for (truth, row) in rows.enumerated() {
            let total = row.reduce(0, +)
            for (decision, count) in row.enumerated() {
                let share = total > 0 ? count / total : 0
                let x = left + Double(decision) * cell
                let y = top + Double(truth) * cell
                svg.add("g") { group in
                    group.add(
                        "rect",
                        [
                            "class": "cell", "x": Chart.text(x), "y": Chart.text(y),
                            "width": Chart.text(cell), "height": Chart.text(cell),
                            "fill-opacity": NumberText.fixed(share, decimals: 3),
                        ])
                    if hasNumbers, count > 0 {
                        group.add(
                            "text",
                            [
                                "class": share > 0.5 ? "count on" : "count",
                                "x": Chart.text(x + cell / 2), "y": Chart.text(y + cell / 2 + 4),
                                "text-anchor": "middle",
                            ], text: NumberText.count(count))
                    }
                    group.add(
                        "title",
                        text: "truth \(name(truth)), decision \(name(decision)): "
                            + "\(NumberText.count(count)) (\(NumberText.score(share)))")
                }
            }
        }
    }

    private func label(
        _ svg: inout Markup, left: Double, top: Double, side: Double, height: Double
    ) {
        for index in rows.indices {
            let middle = (Double(index) + 0.5) * cell
            svg.add(
                "text",
                [
                    "x": Chart.text(left - 6), "y": Chart.text(top + middle + 4),
                    "text-anchor": "end",
                ], text: name(index).truncated(to: 20))
            let (x, y) = (Chart.text(left + middle + 4), Chart.text(top + side + 8))
            svg.add(
                "text",
                ["x": x, "y": y, "text-anchor": "end", "transform": "rotate(-90 \(x) \(y))"],
                text: name(index).truncated(to: 20))
        }
        svg.add(
            "text",
            [
                "class": "label", "x": Chart.text(left + side / 2), "y": Chart.text(height - 4),
                "text-anchor": "middle",
            ], text: "decision")
        let middle = Chart.text(top + side / 2)
        svg.add(
            "text",
            [
                "class": "label", "x": "14", "y": middle, "text-anchor": "middle",
                "transform": "rotate(-90 14 \(middle))",
            ], text: "truth")
    }

    private func name(_ index: Int) -> String {
        names.indices.contains(index) ? names[index] : String(index)
    }
}
