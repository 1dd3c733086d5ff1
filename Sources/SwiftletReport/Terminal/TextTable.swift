/// Rows of text in aligned columns.
package struct TextTable: Sendable {
    package enum Alignment: Sendable { case left, right }

    package struct Column: Sendable {
        package let title: String
        package let alignment: Alignment

        package init(_ title: String, _ alignment: Alignment = .right) {
            self.title = title
            self.alignment = alignment
        }
    }

    package let title: String?
    package let columns: [Column]
    package private(set) var rows: [[String]] = []

    package init(title: String? = nil, columns: [Column]) {
        self.title = title
        self.columns = columns
    }

    /// Appends a row; missing cells are empty, superfluous ones are dropped.
    package mutating func add(_ cells: [String]) {
        let cells = cells.prefix(columns.count).map(\.printable)
        rows.append(cells + [String](repeating: "", count: columns.count - cells.count))
    }

    /// Lines without the last line's end; of a table without rows the title alone. Bold and box drawing only on a terminal; cells of the
    /// first column are cut where a row would not fit it.
    package func text(for console: Console) -> String {
        var widths = columns.indices.map { index in
            rows.reduce(columns[index].title.displayWidth) { max($0, $1[index].displayWidth) }
        }
        if console.isTerminal, let first = widths.first {
            let excess = widths.reduce(0, +) + 2 * (widths.count - 1) - console.width
            widths[0] = max(min(first, 8), first - max(0, excess))
        }
        var lines: [String] = []
        if let title { lines.append(console.bold(title.printable)) }
        if !rows.isEmpty, columns.contains(where: { !$0.title.isEmpty }) {
            lines.append(line(columns.map(\.title), widths))
            let rule = console.isTerminal ? "─" : "-"
            let rules = widths.map { String(repeating: rule, count: $0) }
            lines.append(console.faint(rules.joined(separator: "  ")))
        }
        lines += rows.map { line($0, widths) }
        return lines.joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = zip(cells, zip(columns, widths)).map { cell, layout in
            cell.truncated(to: layout.1).padded(to: layout.1, alignment: layout.0.alignment)
        }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
