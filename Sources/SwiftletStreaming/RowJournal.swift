internal import SwiftletData
internal import SwiftletFiles
internal import SwiftletTensor

/// What was computed of the rows of a job so far, on the disk: beside the output, where the job may be
/// broken off and go on, or else in a file without a name.
///
/// A record says as JSON what the job depends on, one how the arrays look, the others hold blocks of rows.
final class RowJournal {
    /// An array, of which every block has some rows.
    struct Column: Equatable {
        let name: String
        let dtype: DType
        /// Extents of a row.
        let row: [Int]
    }

    fileprivate enum Kind: UInt32 {
        case job = 1
        case columns = 2
        case block = 3
        case instructions = 4
    }

    fileprivate struct Content {
        var job: JSONObject?
        var columns: [Column] = []
        /// Rows of the job that are done.
        var rows = 0
        /// Of every column: where its blocks lie in the file, and their rows.
        var blocks: [[(body: Range<Int>, rows: Int)]] = []
        var instructionSets: [String] = []
    }

    let path: String
    private let log: RecordLog
    private var content = Content()
    private static let mark = Array("SWIFTLET ROWS 1\n".utf8)

    var columns: [Column] { content.columns }
    var rows: Int { content.rows }
    /// Of all processors that took part.
    var instructionSets: [String] { content.instructionSets }

    /// - Parameters:
    ///   - path: where what is done is kept; nil for a file that is gone with the process.
    ///   - job: everything that the rows depend on.
    ///   - output: what the rows are for, as errors name it.
    /// - Throws: ``StreamError`` if the file at `path` belongs to another job.
    init(_ path: String?, job: JSONObject, output: String) throws {
        self.path = path ?? output
        guard let path else {
            log = try RecordLog(temporary: output)
            try note(Self.job(job), .job)
            try add(instructionSet)
            return
        }
        var content = Content()
        do {
            log = try RecordLog(path, mark: Self.mark) { kind, bytes, body in
                content.note(Kind(rawValue: kind), bytes, body)
            }
        } catch is RecordLog.Foreign {
            throw StreamError(path, "no journal of rows; it stands where one would be kept")
        }
        self.content = content
        if let known = content.job {
            let names = [
                "model": "the model's layers or weights", "data": "the data",
                "data_stamp": "the data",
            ]
            if let difference = known.difference(to: job, digests: names) {
                throw StreamError(
                    path,
                    "the journal of another job: \(difference); delete it to begin anew")
            }
        } else {
            try note(Self.job(job), .job)
        }
        try add(instructionSet)
    }

    private static func job(_ job: JSONObject) -> [UInt8] { Array(JSON.object(job).text().utf8) }

    private func add(_ instructionSet: String) throws {
        guard content.instructionSets.last != instructionSet else { return }
        try note(Array(instructionSet.utf8), .instructions)
    }

    private func note(_ bytes: [UInt8], _ kind: Kind) throws {
        let body = try log.append(kind.rawValue, bytes)
        let isUsed = bytes.withUnsafeBytes { content.note(kind, $0, body) }
        precondition(isUsed, "a record that cannot be read again")
    }

    /// Adds what was computed of the next `rows` rows of the job.
    func append(rows: Int, _ arrays: [(name: String, tensor: Tensor)]) throws {
        let columns = arrays.map {
            Column(
                name: $0.name, dtype: $0.tensor.dtype, row: Array($0.tensor.shape.dropFirst()))
        }
        if content.columns.isEmpty {
            try note(Array(JSON.array(columns.map(\.json)).text().utf8), .columns)
        }
        guard columns == content.columns else {
            throw StreamError(
                path,
                "rows \(content.rows) … differ in form from those before: "
                    + "\(columns.map(\.text)), not \(content.columns.map(\.text))")
        }
        var body: [UInt8] = []
        func add(_ number: Int) { withUnsafeBytes(of: UInt64(number)) { body += $0 } }
        add(rows)
        for (_, tensor) in arrays {
            add(tensor.shape.first ?? 0)
            if let texts = tensor.strings {
                let packed = Array(JSON.array(texts.map { .string($0) }).text().utf8)
                add(packed.count)
                body += packed
            } else {
                tensor.withUnsafeBytes { bytes in
                    add(bytes.count)
                    body += bytes
                }
            }
        }
        try note(body, .block)
    }

    /// A column that holds texts, which are read at once, or numbers.
    var hasTexts: Bool { content.columns.contains { $0.dtype == .string } }

    /// All columns, whose bytes are read block by block.
    func arrays() throws -> [RowArray] {
        let mapped = try log.mapped()
        return try content.columns.indices.map { index in
            let column = content.columns[index]
            let blocks = content.blocks[index]
            let shape = try Shape([blocks.reduce(0) { $0 + $1.rows }] + column.row)
            return RowArray(column.name, column.dtype, shape) { take in
                for block in blocks {
                    try mapped.withUnsafeBytes { bytes in
                        let piece = UnsafeRawBufferPointer(rebasing: bytes[block.body])
                        try take(piece)
                        mapped.release(piece)
                    }
                }
            }
        }
    }

    /// All columns in memory.
    func tensors() throws -> [(name: String, tensor: Tensor)] {
        try arrays().enumerated().map { index, array in
            guard array.dtype == .string else { return (array.name, try array.tensor()) }
            var texts: [String] = []
            try array.pieces { piece in
                texts += try JSON(parsing: Array(piece)).array?.compactMap(\.string) ?? []
            }
            return (array.name, try Tensor(strings: texts, shape: array.shape))
        }
    }

    /// Forgets what was kept, once it is in the output.
    func remove(ifAt kept: String?) throws {
        if let kept { try removeFile(kept) }
    }
}

extension RowJournal.Column {
    var text: String { "\(name) \(dtype) \(row)" }

    fileprivate var json: JSON {
        [
            "name": .string(name), "dtype": .string("\(dtype)"),
            "row": .array(row.map { .int($0) }),
        ]
    }

    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.string,
            let type = json["dtype"]?.string,
            let dtype = DType.allCases.first(where: { "\($0)" == type }),
            let extents = json["row"]?.array?.map(\.int), !extents.contains(nil),
            let shape = try? Shape(extents.compactMap(\.self))
        else { return nil }
        (self.name, self.dtype, row) = (name, dtype, Array(shape))
    }

    fileprivate func byteCount(rows: Int) -> Int? {
        guard let shape = try? Shape([rows] + row) else { return nil }
        let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(by: dtype.size)
        return overflow ? nil : bytes
    }
}

extension RowJournal.Content {
    /// Whether a record makes sense after those before it.
    fileprivate mutating func note(
        _ kind: RowJournal.Kind?, _ bytes: UnsafeRawBufferPointer, _ body: Range<Int>
    ) -> Bool {
        switch kind {
        case .job:
            guard job == nil, let read = (try? JSON(parsing: Array(bytes)))?.object else {
                return false
            }
            job = read
        case .instructions:
            guard job != nil else { return false }
            instructionSets.append(String(decoding: bytes, as: UTF8.self))
        case .columns:
            guard job != nil, columns.isEmpty,
                let read = (try? JSON(parsing: Array(bytes)))?.array
            else { return false }
            columns = read.compactMap { RowJournal.Column($0) }
            blocks = columns.map { _ in [] }
            return columns.count == read.count
        case .block: return noteBlock(bytes, body)
        case nil: return false
        }
        return true
    }

    private mutating func noteBlock(
        _ bytes: UnsafeRawBufferPointer, _ body: Range<Int>
    ) -> Bool {
        var position = 0
        func number() -> Int? {
            guard bytes.count - position >= 8 else { return nil }
            defer { position += 8 }
            return Int(exactly: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        }
        guard !columns.isEmpty, let count = number() else { return false }
        var found: [(body: Range<Int>, rows: Int)] = []
        for column in columns {
            guard let own = number(), let size = number(), size <= bytes.count - position,
                column.dtype == .string || column.byteCount(rows: own) == size
            else { return false }
            let start = body.lowerBound + position
            found.append((start..<start + size, own))
            position += size
        }
        let (sum, overflow) = rows.addingReportingOverflow(count)
        guard position == bytes.count, !overflow else { return false }
        rows = sum
        for (index, block) in found.enumerated() { blocks[index].append(block) }
        return true
    }
}
