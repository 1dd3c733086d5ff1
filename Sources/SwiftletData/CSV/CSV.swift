internal import SwiftletFiles
public import SwiftletTensor

/// Tables of numbers as text: separated by commas, semicolons or tabs, with or without a header.
///
/// Values may be quoted; a byte order mark and Windows line ends are understood; blank lines do not
/// count. A first line with a value that is no number is the header.
public enum CSV {
    /// - Throws: ``DataError`` that names line and column of a missing value or of one that is no
    ///   number.
    public static func read(_ path: String) throws(DataError) -> NumberTable {
        let file: MappedFile
        do {
            file = try MappedFile(path)
        } catch {
            throw DataError(error)
        }
        do {
            return try file.withUnsafeBytes { bytes throws(CSVError) in try decode(bytes) }
        } catch {
            throw DataError(file: path, place: error.place, error.cause)
        }
    }

    package static func decode(_ bytes: UnsafeRawBufferPointer) throws(CSVError) -> NumberTable {
        var names: [String]?
        var values: [Double] = []
        var (rowCount, columnCount) = (0, 0)
        do {
            try forEachRow(bytes) { columnNames, row, _ in
                (names, columnCount) = (columnNames, row.count)
                values += row
                rowCount += 1
            }
        } catch let error as CSVError {
            throw error
        } catch {
            preconditionFailure("only the reader throws, not \(error)")
        }
        return try CSVError.wrapping { () throws(DataError.Cause) in
            let matrix = try DataError.Cause.wrapping {
                try Tensor(values, shape: Shape([rowCount, columnCount]))
            }
            return try NumberTable(columnNames: names, values: matrix)
        }
    }

    /// Calls `body` with the header, the numbers of each row, and where the row ends.
    ///
    /// - Throws: ``CSVError``, or what `body` throws.
    static func forEachRow(
        _ bytes: UnsafeRawBufferPointer, _ body: ([String]?, [Double], _ end: Int) throws -> Void
    ) throws {
        var rows = try CSVRows(bytes)
        while try rows.next() { try body(rows.names, rows.values, rows.position) }
    }

    /// Writes the rows of a tensor `[rows, …]` of numbers, with a header if there are names.
    ///
    /// Every number is written so that it is read back exactly.
    public static func write(
        _ tensor: Tensor, columnNames: [String]? = nil, to path: String
    ) throws(DataError) {
        try DataError.writing(path) { () throws(DataError.Cause) in
            try encode(tensor, columnNames: columnNames)
        }
    }

    static func encode(
        _ tensor: Tensor, columnNames: [String]?
    ) throws(DataError.Cause) -> [UInt8] {
        guard let rowCount = tensor.shape.first else {
            throw .mismatch(
                "a table needs rows, not \(tensor.dtype) of shape \(tensor.shape)")
        }
        let columnCount = rowCount == 0 ? 0 : tensor.elementCount / rowCount
        var text: [UInt8] = []
        if let columnNames {
            guard columnNames.count == columnCount else {
                throw .mismatch("\(columnNames.count) names for \(columnCount) columns")
            }
            text += (columnNames.map(escaped).joined(separator: ",") + "\n").utf8
        }
        try append(tensor, columns: columnCount, to: &text)
        return text
    }

    /// Appends the lines of rows of `columns` values each.
    static func append(
        _ tensor: Tensor, columns: Int, to text: inout [UInt8]
    ) throws(DataError.Cause) {
        let cells = try cells(tensor)
        for row in 0..<(tensor.shape.first ?? 0) {
            for column in 0..<columns {
                if column > 0 { text.append(UInt8(ascii: ",")) }
                text.append(contentsOf: cells[row * columns + column].utf8)
            }
            text.append(UInt8(ascii: "\n"))
        }
    }

    private static func escaped(_ name: String) -> String {
        let needsQuotes =
            name.isEmpty || name.hasPrefix(" ") || name.hasSuffix(" ")
            || name.contains { ",;\t\"\n\r".contains($0) || $0.isNewline }
        guard needsQuotes else { return name }
        return "\""
            + name.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }

    private static func cells(_ tensor: Tensor) throws(DataError.Cause) -> [String] {
        func texts<Number: TensorElement & CustomStringConvertible>(
            _: Number.Type
        ) throws -> [String] {
            try tensor.elements(of: Number.self).map(\.description)
        }
        if let strings = tensor.strings { return strings.map(escaped) }
        return try DataError.Cause.wrapping {
            switch tensor.dtype {
            case .float64: try texts(Double.self)
            case .float32: try texts(Float.self)
            case .float16, .bfloat16:
                try tensor.converted(to: .float32).elements(of: Float.self).map(\.description)
            case .uint64: try texts(UInt64.self)
            default: try tensor.converted(to: .int64).elements(of: Int64.self).map(\.description)
            }
        }
    }
}

/// An error whose file is not known yet.
package struct CSVError: Error, Equatable {
    package let place: String?
    package let cause: DataError.Cause

    package init(place: String?, _ cause: DataError.Cause) {
        self.place = place
        self.cause = cause
    }

    static func wrapping<Result>(
        _ body: () throws(DataError.Cause) -> Result
    ) throws(CSVError) -> Result {
        do {
            return try body()
        } catch {
            throw CSVError(place: nil, error)
        }
    }
}
