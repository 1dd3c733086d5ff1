package import SwiftletScores

extension ReportPage {
    /// The rows that were answered worst.
    ///
    /// - Parameter pictures: of the rows, where they are pictures; otherwise a table stands here.
    package mutating func add(worst rows: [WorstRow], pictures: [PagePicture]? = nil) {
        guard !rows.isEmpty else { return }
        let heading = "Worst answers"
        guard let pictures, pictures.count == rows.count else {
            add(heading: heading, table: table(rows))
            return
        }
        add(
            heading: heading,
            rows: zip(rows, pictures).map { row, picture in
                PagePictureRow([picture], caption: caption(row))
            })
    }

    private func table(_ rows: [WorstRow]) -> TextTable {
        let isClassification = rows.contains { row in
            if case .classes = row.answer { return true } else { return false }
        }
        var table = TextTable(
            columns: [
                .init("row", .left), .init("truth"), .init("answer"),
                .init(isClassification ? "its probability" : "error"),
                .init(isClassification ? "loss" : "output"),
            ])
        for row in rows {
            switch row.answer {
            case .classes(let truth, let decided, let probability):
                table.add([
                    String(row.row), names(truth), names(decided),
                    probability.map(NumberText.score) ?? "–", NumberText.score(row.loss),
                ])
            case .values(let output, let truth, let predicted):
                table.add([
                    String(row.row), NumberText.score(truth), NumberText.score(predicted),
                    NumberText.score(predicted - truth), String(output),
                ])
            }
        }
        return table
    }

    private func caption(_ row: WorstRow) -> String {
        switch row.answer {
        case .classes(let truth, let decided, let probability):
            let share = probability.map { " (\(NumberText.fixed($0, decimals: 2)))" } ?? ""
            return "row \(row.row): \(names(truth)), answered \(names(decided))\(share)"
        case .values(_, let truth, let predicted):
            return "row \(row.row): \(NumberText.score(truth)), answered "
                + NumberText.score(predicted)
        }
    }

    private func names(_ classes: [Int]) -> String {
        classes.isEmpty ? "none" : classes.map(className).joined(separator: ", ")
    }
}
