internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletTensor

/// A table of texts and numbers, for models that take texts.
///
/// The first line is the header if it has one of the inputs' names, or `x`, `text`, `input` …
struct TextTable {
    private let path: String
    private let columnNames: [String]?
    private let columnCount: Int
    /// Row by row, with the line that each stands in.
    private let rows: [(cells: [String], line: Int)]

    private static let knownNames: Set<String> = ["x", "x_0", "text", "input", "input_0"]

    init(_ path: String, _ roles: DataRoles) throws(DataError) {
        let file: MappedFile
        do {
            file = try MappedFile(path)
        } catch {
            throw DataError(error)
        }
        var rows: [(cells: [String], line: Int)]
        do {
            rows = try file.withUnsafeBytes { bytes throws(CSVError) in try Self.rows(bytes) }
        } catch {
            throw DataError(file: path, place: error.place, error.cause)
        }
        let names = Self.knownNames.union(roles.inputs).union(roles.inputColumns ?? [])
        let isHeader = rows[0].cells.contains { names.contains(Self.trimmed($0)) }
        columnCount = rows[0].cells.count
        columnNames = isHeader ? rows.removeFirst().cells.map(Self.trimmed) : nil
        guard !rows.isEmpty else {
            throw DataError(file: path, .missing("rows below the header"))
        }
        self.rows = rows
        self.path = path
    }

    private static func rows(
        _ bytes: UnsafeRawBufferPointer
    ) throws(CSVError) -> [(cells: [String], line: Int)] {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            throw CSVError(place: nil, .unsupported("UTF-16 text"))
        }
        var reader = CSVReader(bytes)
        var record: [CSVReader.Cell] = []
        var rows: [(cells: [String], line: Int)] = []
        while try reader.next(&record) {
            let line = record.first?.line ?? 0
            if let first = rows.first, first.cells.count != record.count {
                throw CSVError(
                    place: "line \(line)",
                    .malformed("\(first.cells.count) values expected, \(record.count) found"))
            }
            rows.append((record.map(\.text), line))
        }
        guard !rows.isEmpty else { throw CSVError(place: nil, .missing("rows")) }
        return rows
    }

    private static func trimmed(_ text: String) -> String {
        let characters = text.drop { $0 == " " }
        return String(characters.reversed().drop { $0 == " " }.reversed())
    }

    /// The model's inputs: the columns of their names or, without a header, in their order; for a
    /// single input all columns.
    func inputs(_ roles: DataRoles) throws(DataError) -> NamedTensors {
        let named = roles.inputs.compactMap { columnNames?.firstIndex(of: $0) }
        if named.count == roles.inputs.count {
            return try tensors(roles, named.map { [$0] })
        }
        if roles.inputs.count == 1 { return try tensors(roles, [chosen(roles)]) }
        guard roles.inputs.count == columnCount, columnNames == nil else {
            throw DataError(
                file: path,
                .missing(
                    "columns for the inputs \(listed(roles.inputs))"
                        + (columnNames.map { " (it has \(listed($0)))" } ?? "")))
        }
        return try tensors(roles, roles.inputs.indices.map { [$0] })
    }

    private func chosen(_ roles: DataRoles) throws(DataError) -> [Int] {
        guard let wanted = roles.inputColumns else { return Array(0..<columnCount) }
        var positions: [Int] = []
        for name in wanted {
            let position = columnNames.map { $0.firstIndex(of: name) } ?? Int(name)
            guard let position, (0..<columnCount).contains(position) else {
                throw DataError(file: path, .missing("column \(quoted(name))"))
            }
            positions.append(position)
        }
        return positions
    }

    private func tensors(
        _ roles: DataRoles, _ columns: [[Int]]
    ) throws(DataError) -> NamedTensors {
        var result = NamedTensors()
        for (name, positions) in zip(roles.inputs, columns) {
            let isText = roles.textInputs.contains(name)
            result[name] = isText ? try texts(positions) : try numbers(positions)
        }
        return result
    }

    private func texts(_ positions: [Int]) throws(DataError) -> Tensor {
        let cells = rows.flatMap { row in positions.map { row.cells[$0] } }
        return try DataError.located(file: path) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping {
                try Tensor(strings: cells, shape: Shape([rows.count, positions.count]))
            }
        }
    }

    private func numbers(_ positions: [Int]) throws(DataError) -> Tensor {
        var values: [Double] = []
        for row in rows {
            for position in positions {
                let cell = row.cells[position]
                let number = Array(cell.utf8).withUnsafeBytes { decimalNumber($0) }
                guard let number else {
                    throw DataError(
                        file: path, place: "line \(row.line), column \(position + 1)",
                        .malformed("\(quoted(cell)) is no number"))
                }
                values.append(number)
            }
        }
        let all = values
        return try DataError.located(file: path) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping {
                try Tensor(all, shape: Shape([rows.count, positions.count]))
            }
        }
    }
}
