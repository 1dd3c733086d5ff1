internal import SwiftletFiles

/// The rows of a table of numbers, one after the other.
///
/// A first line with a value that is no number is the header.
struct CSVRows {
    /// Of the header; nil if there is none.
    let names: [String]?
    /// Of the current row.
    private(set) var values: [Double] = []
    let columnCount: Int
    private var reader: CSVReader
    private var record: [CSVReader.Cell] = []
    /// Whether the record that was read is the next row.
    private var isAhead: Bool
    private var rowCount = 0

    /// - Throws: ``CSVError`` if there is nothing.
    init(_ bytes: UnsafeRawBufferPointer) throws(CSVError) {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            throw CSVError(place: nil, .unsupported("UTF-16 text"))
        }
        reader = CSVReader(bytes)
        guard try reader.next(&record) else { throw CSVError(place: nil, .missing("numbers")) }
        columnCount = record.count
        isAhead = !record.contains { $0.number == nil && !$0.isMissing }
        names = isAhead ? nil : Self.header(record)
    }

    /// Where the row after the current one begins.
    var position: Int { reader.position }

    /// Reads the next row; false behind the last one.
    ///
    /// - Throws: ``CSVError``, also at the end of a table without any row.
    mutating func next() throws(CSVError) -> Bool {
        if isAhead {
            isAhead = false
        } else if try !reader.next(&record) {
            guard rowCount > 0 else {
                throw CSVError(place: nil, .missing("numbers below the header"))
            }
            return false
        }
        guard record.count == columnCount else {
            throw CSVError(
                place: "line \(record.first?.line ?? 0)",
                .malformed("\(columnCount) values expected, \(record.count) found"))
        }
        if rowCount > 0 || names != nil, let blank = reader.blankLineBefore, columnCount == 1 {
            throw CSVError(place: "line \(blank)", .missing("value"))
        }
        values.removeAll(keepingCapacity: true)
        try appendRecord()
        rowCount += 1
        return true
    }

    /// Passes over rows without looking at their values; returns how many there were.
    mutating func skip(_ limit: Int) throws(CSVError) -> Int {
        var count = 0
        if limit > 0, isAhead {
            isAhead = false
            count = 1
        }
        while count < limit, try reader.skip() { count += 1 }
        rowCount += count
        return count
    }

    /// NumPy's `savetxt` puts a comment sign before its header.
    private static func header(_ record: [CSVReader.Cell]) -> [String] {
        var names = record.map { trimmed($0.text) }
        if names[0].hasPrefix("#") { names[0] = trimmed(String(names[0].dropFirst())) }
        return names
    }

    private static func trimmed(_ text: String) -> String {
        let characters = text.drop { $0 == " " }
        return String(characters.reversed().drop { $0 == " " }.reversed())
    }

    private mutating func appendRecord() throws(CSVError) {
        for (column, cell) in record.enumerated() {
            guard let number = cell.number else {
                let name = names.map { " (\(quoted($0[column])))" } ?? ""
                throw CSVError(
                    place: "line \(cell.line), column \(column + 1)\(name)",
                    cell.isMissing
                        ? .missing("value") : .malformed("\(quoted(cell.text)) is no number"))
            }
            values.append(number)
        }
    }
}
