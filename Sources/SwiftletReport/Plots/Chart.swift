/// Two axes and what is drawn between them, as SVG for a page.
struct Chart: Sendable {
    struct Point: Sendable {
        let x: Double
        let y: Double
    }

    struct Series: Sendable {
        enum Mark: Sendable {
            case line
            case dashedLine
            case dots
            /// Bars of the width given, in the units of x, up from 0.
            case bars(width: Double)
        }

        let name: String
        let mark: Mark
        let points: [Point]
        /// Which of the page's colours; nil for the neutral one of reference lines.
        var color: Int?
    }

    let title: String
    let x: Axis
    let y: Axis
    var series: [Series] = []
    var isSquare = false

    private static let (left, right, top, bottom) = (64.0, 16.0, 12.0, 46.0)
    private static let legendLine = 18.0

    private var plotWidth: Double { isSquare ? 320 : 460 }
    private var plotHeight: Double { isSquare ? 320 : 260 }
    private var named: [Series] { series.filter { !$0.name.isEmpty } }
    private var height: Double {
        Self.top + plotHeight + Self.bottom + Double(named.count) * Self.legendLine
    }
    private var width: Double { Self.left + plotWidth + Self.right }

    var figure: String {
        var page = Markup()
        page.add("figure") { figure in
            figure.add("figcaption", text: title)
            figure.add(
                "svg",
                [
                    "viewBox": "0 0 \(Self.text(width)) \(Self.text(height))",
                    "width": Self.text(width), "height": Self.text(height), "role": "img",
                    "aria-label": title,
                ]
            ) { svg in
                drawAxes(&svg)
                for series in series { draw(series, &svg) }
                drawLegend(&svg)
            }
        }
        return page.text
    }

    /// Hundredths of a pixel are finer than any screen.
    static func text(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : NumberText.fixed(value, decimals: 2)
    }

    private func place(_ point: Point) -> (x: Double, y: Double)? {
        let (across, up) = (x.share(point.x), y.share(point.y))
        guard across.isFinite, up.isFinite else { return nil }
        return (Self.left + across * plotWidth, Self.top + (1 - up) * plotHeight)
    }

    private func drawAxes(_ svg: inout Markup) {
        let bottom = Self.top + plotHeight
        for tick in x.ticks {
            let at = Self.text(Self.left + x.share(tick) * plotWidth)
            svg.add(
                "line",
                [
                    "class": "grid", "x1": at, "x2": at, "y1": Self.text(Self.top),
                    "y2": Self.text(bottom),
                ])
            svg.add(
                "text", ["x": at, "y": Self.text(bottom + 16), "text-anchor": "middle"],
                text: NumberText.tick(tick))
        }
        for tick in y.ticks {
            let at = Self.top + (1 - y.share(tick)) * plotHeight
            svg.add(
                "line",
                [
                    "class": "grid", "x1": Self.text(Self.left),
                    "x2": Self.text(Self.left + plotWidth), "y1": Self.text(at),
                    "y2": Self.text(at),
                ])
            svg.add(
                "text",
                ["x": Self.text(Self.left - 6), "y": Self.text(at + 4), "text-anchor": "end"],
                text: NumberText.tick(tick))
        }
        svg.add(
            "text",
            [
                "x": Self.text(Self.left + plotWidth / 2), "y": Self.text(bottom + 36),
                "text-anchor": "middle", "class": "label",
            ], text: x.label)
        let middle = Self.text(Self.top + plotHeight / 2)
        svg.add(
            "text",
            [
                "x": "14", "y": middle, "text-anchor": "middle", "class": "label",
                "transform": "rotate(-90 14 \(middle))",
            ], text: y.label)
    }

    private func draw(_ series: Series, _ svg: inout Markup) {
        let color = Self.colorClass(series.color)
        switch series.mark {
        case .line: drawLine(series, "line \(color)", &svg)
        case .dashedLine: drawLine(series, "line dashed \(color)", &svg)
        case .dots:
            svg.add("g", ["class": "dots \(color)"]) { group in
                for point in series.points.compactMap(place) {
                    group.add(
                        "circle",
                        ["cx": Self.text(point.x), "cy": Self.text(point.y), "r": "2"])
                }
            }
        case .bars(let width):
            svg.add("g", ["class": "bars \(color)"]) { group in
                for point in series.points {
                    guard let corner = place(Point(x: point.x - width / 2, y: point.y)),
                        let base = place(Point(x: point.x + width / 2, y: 0))
                    else { continue }
                    group.add(
                        "rect",
                        [
                            "x": Self.text(corner.x), "y": Self.text(corner.y),
                            "width": Self.text(max(base.x - corner.x - 1, 0.5)),
                            "height": Self.text(max(base.y - corner.y, 0)),
                        ])
                }
            }
        }
    }

    /// Gaps in the data (epochs without a value) are gaps in the line; lone points are dots.
    private func drawLine(_ series: Series, _ classes: String, _ svg: inout Markup) {
        var runs: [[(x: Double, y: Double)]] = [[]]
        for point in series.points {
            if let place = place(point) {
                runs[runs.count - 1].append(place)
            } else {
                runs.append([])
            }
        }
        for run in runs where !run.isEmpty {
            if run.count == 1 {
                svg.add("g", ["class": "dots \(Self.colorClass(series.color))"]) {
                    $0.add(
                        "circle",
                        ["cx": Self.text(run[0].x), "cy": Self.text(run[0].y), "r": "3"])
                }
                continue
            }
            let points = run.map { "\(Self.text($0.x)),\(Self.text($0.y))" }
            svg.add("polyline", ["class": classes, "points": points.joined(separator: " ")])
        }
    }

    private func drawLegend(_ svg: inout Markup) {
        for (index, series) in named.enumerated() {
            let y = Self.top + plotHeight + Self.bottom + (Double(index) + 0.5) * Self.legendLine
            let dashed = if case .dashedLine = series.mark { " dashed" } else { "" }
            svg.add(
                "line",
                [
                    "class": "line\(dashed) \(Self.colorClass(series.color))",
                    "x1": Self.text(Self.left), "x2": Self.text(Self.left + 22),
                    "y1": Self.text(y - 4), "y2": Self.text(y - 4),
                ])
            svg.add(
                "text", ["x": Self.text(Self.left + 30), "y": Self.text(y)], text: series.name)
        }
    }

    private static func colorClass(_ color: Int?) -> String {
        color.map { "c\($0 % PageStyle.colors)" } ?? "neutral"
    }
}
