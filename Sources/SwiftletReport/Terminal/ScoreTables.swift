package import SwiftletScores

/// The tables of a report: single numbers, scores per class or output, counts, images.
package struct ScoreTables {
    /// Beyond so many classes a confusion matrix no longer reads as a table.
    private static let largestMatrix = 20
    private static let longestImageList = 20

    private let report: ScoreReport
    private let classNames: [String]

    /// - Parameter classNames: names in the place of class numbers, as far as they go.
    package init(_ report: ScoreReport, classNames: [String] = []) {
        self.report = report
        self.classNames = classNames
    }

    package var all: [TextTable] {
        [numbers, perClass, perOutput, confusion, images].compactMap { $0 }
    }

    /// All tables with a line between them.
    package func text(for console: Console) -> String {
        all.map { $0.text(for: console) }.joined(separator: "\n\n")
    }

    package static func text(_ value: ScoreValue) -> String {
        value.double.map(NumberText.score) ?? "–"
    }

    static func text(_ interval: ScoreInterval) -> String {
        "\(NumberText.score(interval.low)) – \(NumberText.score(interval.high))"
    }

    func className(_ index: Int) -> String {
        classNames.indices.contains(index) ? classNames[index] : String(index)
    }

    var numbers: TextTable {
        let kind = report.kind.map { ", \($0)" } ?? ""
        let samples =
            ["image-pairs": "pairs", "image-sets": "images"][report.task] ?? "samples"
        let hasIntervals = !report.intervals.isEmpty
        var table = TextTable(
            title: "\(report.task)\(kind), \(report.samples) \(samples)",
            columns: [.init("score", .left), .init("value")]
                + (hasIntervals ? [.init("95 % interval")] : []))
        for (name, value) in report.scores {
            switch value {
            case .list, .matrix: continue
            default:
                table.add([name, Self.text(value), report.intervals[name].map(Self.text) ?? ""])
            }
        }
        return table
    }

    /// Every `<name>_per_class` as a column, the support last.
    var perClass: TextTable? { lists(suffix: "_per_class", rowTitle: "class", name: className) }

    var perOutput: TextTable? {
        lists(suffix: "_per_output", rowTitle: "output") { String($0) }
    }

    private func lists(
        suffix: String, rowTitle: String, name: (Int) -> String
    ) -> TextTable? {
        let columns = report.scores.compactMap { entry -> (String, [ScoreValue])? in
            guard entry.name.hasSuffix(suffix), case .list(let values) = entry.value else {
                return nil
            }
            return (String(entry.name.dropLast(suffix.count)), values)
        }
        guard let rows = columns.map(\.1.count).max(), rows > 0 else { return nil }
        var table = TextTable(
            columns: [.init(rowTitle, .left)] + columns.map { .init($0.0) })
        for row in 0..<rows {
            table.add(
                [name(row)]
                    + columns.map { title, values in
                        guard row < values.count else { return "" }
                        return title == "support"
                            ? values[row].double.map(NumberText.count) ?? "–"
                            : Self.text(values[row])
                    })
        }
        return table
    }

    var confusion: TextTable? {
        guard case .matrix(let rows)? = report.scores["confusion_matrix"],
            rows.count <= Self.largestMatrix
        else { return nil }
        var table = TextTable(
            title: "confusion matrix (row: truth, column: decision)",
            columns: [.init("", .left)] + rows.indices.map { .init(className($0)) })
        for (index, row) in rows.enumerated() {
            table.add([className(index)] + row.map(NumberText.count))
        }
        return table
    }

    var images: TextTable? {
        guard let names = report.perImage.first?.scores.names else { return nil }
        var table = TextTable(columns: [.init("image", .left)] + names.map { .init($0) })
        for image in report.perImage.prefix(Self.longestImageList) {
            table.add([image.name] + names.map { image.scores[$0].map(Self.text) ?? "" })
        }
        let left = report.perImage.count - Self.longestImageList
        if left > 0 { table.add(["… and \(left) more"]) }
        return table
    }
}
