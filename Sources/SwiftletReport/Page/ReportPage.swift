public import SwiftletFiles
package import SwiftletScores

/// A page that says how good a model is: one HTML file that asks nothing of the network.
public struct ReportPage: Sendable {
    private let title: String
    private let subtitle: String?
    private let classNames: [String]
    private var body = Markup()

    /// - Parameters:
    ///   - subtitle: a line below the title, such as the files that were scored.
    ///   - classNames: names in the place of class numbers, as far as they go.
    public init(title: String, subtitle: String? = nil, classNames: [String] = []) {
        self.title = title
        self.subtitle = subtitle
        self.classNames = classNames
    }

    func className(_ index: Int) -> String {
        classNames.indices.contains(index) ? classNames[index] : String(index)
    }

    /// The tables of a report and, of a classification, the confusion matrix.
    package mutating func add(_ report: ScoreReport) {
        let tables = ScoreTables(report, classNames: classNames)
        body.add("h2", text: "Scores")
        body.add("div", ["class": "tables"]) { section in
            for table in [tables.numbers, tables.perClass, tables.perOutput, tables.images] {
                if let table { Self.add(table, to: &section) }
            }
        }
        guard case .matrix(let rows)? = report.scores["confusion_matrix"],
            rows.count <= ConfusionPlot.largest
        else { return }
        addFigures([
            ConfusionPlot(rows: rows, names: rows.indices.map { tables.className($0) }).figure
        ])
    }

    /// Scores of answers, with the plots that belong to them.
    package mutating func add(_ evaluation: Evaluation, report: ScoreReport) {
        switch evaluation {
        case .classification(let scores): add(scores, report: report)
        case .regression(let scores): add(scores, report: report)
        }
    }

    /// Scores of a classification with the curves that its probabilities give.
    package mutating func add(
        _ scores: ClassificationScores, report: ScoreReport
    ) {
        add(report)
        let curves = report.curves
        let tables = ScoreTables(report, classNames: classNames)
        func name(_ column: Int) -> String {
            report.kind == "binary" ? tables.className(1) : tables.className(column)
        }
        var figures: [String] = []
        if !curves.isEmpty {
            figures.append(Chart.roc(curves, className: name).figure)
            figures.append(Chart.precisionRecall(curves, className: name).figure)
        }
        let bins = scores.reliability
        if !bins.isEmpty { figures.append(Chart.reliability(bins).figure) }
        guard !figures.isEmpty else { return }
        body.add("h2", text: "Over all thresholds")
        addFigures(figures)
    }

    /// Scores of a regression with its residuals.
    package mutating func add(_ scores: RegressionScores, report: ScoreReport) {
        add(report)
        body.add("h2", text: "Residuals")
        // More outputs than these are a picture or a sequence, not a handful of quantities.
        for output in 0..<min(scores.outputCount, 6) {
            let sample = scores.sample(output: output)
            let suffix = scores.outputCount > 1 ? ", output \(output)" : ""
            addFigures([
                Chart.predictions(sample, title: "Predicted and true\(suffix)").figure,
                Chart.residuals(sample, title: "Errors\(suffix)").figure,
                Chart.errorHistogram(sample, title: "Distribution of errors\(suffix)").figure,
            ])
        }
    }

    /// Learning curves of a history: `{"history": {"loss": […], "val_loss": […], …}, …}`, or the
    /// inner object alone. A member `diagnosis` is printed above them.
    public mutating func add(history: JSON) {
        guard let metrics = history["history"]?.object ?? history.object else { return }
        body.add("h2", text: "Learning curves")
        for line in history["diagnosis"]?.string?.split(separator: "\n") ?? [] {
            body.add("p", text: String(line))
        }
        var figures: [String] = []
        for (name, values) in metrics where !name.hasPrefix("val_") {
            guard let training = Self.numbers(values) else { continue }
            let validation = metrics["val_\(name)"].flatMap(Self.numbers)
            figures.append(
                Chart.learningCurve(name, training: training, validation: validation).figure)
        }
        addFigures(figures)
    }

    /// A heading and a paragraph.
    public mutating func add(heading: String, text: String) {
        body.add("h2", text: heading)
        body.add("p", text: text)
    }

    /// A table under a heading.
    package mutating func add(heading: String, table: TextTable) {
        body.add("h2", text: heading)
        body.add("div", ["class": "tables"]) { Self.add(table, to: &$0) }
    }

    /// A heading and what `fill` puts below it.
    mutating func addSection(_ heading: String, _ fill: (inout Markup) -> Void) {
        body.add("h2", text: heading)
        fill(&body)
    }

    /// Writes the page as one file, which needs nothing beside it.
    public func write(to path: String) throws { try AtomicFile.write(html, to: path) }

    /// The whole page.
    public var html: String {
        var page = Markup()
        page.add(markup: "<!DOCTYPE html>\n")
        page.add("html", ["lang": "en"]) { html in
            html.add("head") { head in
                head.add("meta", ["charset": "utf-8"])
                // Nothing may be loaded, whatever a name in the data looks like.
                head.add(
                    "meta",
                    [
                        "http-equiv": "Content-Security-Policy",
                        "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
                    ])
                head.add(
                    "meta",
                    ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                head.add("title", text: title)
                head.add(markup: "<style>\n\(PageStyle.css)</style>\n")
            }
            html.add("body") { page in
                page.add("h1", text: title)
                if let subtitle { page.add("p", ["class": "faint"], text: subtitle) }
                page.add(markup: body.text)
            }
        }
        return page.text
    }

    /// Numbers of a JSON list, NaN for what is none; nil if it is no list or an empty one.
    private static func numbers(_ json: JSON) -> [Double]? {
        guard let values = json.array, !values.isEmpty else { return nil }
        return values.map { $0.double ?? .nan }
    }

    private mutating func addFigures(_ figures: [String]) {
        body.add("div", ["class": "figures"]) { section in
            for figure in figures { section.add(markup: figure) }
        }
    }

    private static func add(_ table: TextTable, to page: inout Markup) {
        page.add("div", ["class": "scroll"]) { box in
            box.add("table") { html in
                if let title = table.title { html.add("caption", text: title) }
                html.add("thead") { head in
                    head.add("tr") { row in
                        for column in table.columns { row.add("th", text: column.title) }
                    }
                }
                html.add("tbody") { body in
                    for cells in table.rows {
                        body.add("tr") { row in
                            for cell in cells { row.add("td", text: cell) }
                        }
                    }
                }
            }
        }
    }
}
