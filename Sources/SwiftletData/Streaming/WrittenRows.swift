internal import SwiftletFiles
package import SwiftletTensor

/// The rows of an array in a file that ``DataDestination`` wrote, of which only some are in memory.
package struct WrittenRows {
    private let rows: any RowReader
    private static let pieceBytes = 1 << 20

    /// - Throws: ``DataError`` if the file holds another array than the one that is expected.
    package init(
        _ name: String, of path: String, dtype: DType, shape: Shape
    ) throws(DataError) {
        switch try DataFormat(path) {
        case .npz: rows = try NPZ(path).rows(name)
        case .hdf5: rows = try HDF5Arrays(path).rows(name)
        case .npy: rows = try NPY.rows(path)
        case .csv: rows = try WrittenTable(path, dtype: dtype, shape: shape)
        default:
            throw DataError(
                file: path, .wrongFormat(expected: "answers in a .npz, .npy, .csv or .h5 file"))
        }
        guard rows.shape == shape, rows.dtype == dtype else {
            throw DataError(
                file: path, place: name,
                .mismatch("\(dtype) \(shape) expected, \(rows.dtype) \(rows.shape) found"))
        }
    }

    /// The bytes of all rows in order, some rows at a time.
    package func forEachPiece(
        _ body: (UnsafeRawBufferPointer, _ rows: Int) throws -> Void
    ) throws {
        let most = max(1, Self.pieceBytes / max(1, rows.rowBytes))
        var left = rows.shape.first ?? 0
        while left > 0 {
            let count = min(left, most)
            try rows.read(count).withUnsafeBytes { try body($0, count) }
            left -= count
        }
    }

    package func all() throws(DataError) -> Tensor { try rows.read(rows.shape.first ?? 0) }
}

/// A table of numbers without a header, read as the type that it was written from.
private final class WrittenTable: RowReader {
    let shape: Shape
    let dtype: DType
    private let file: MappedFile
    private var table: CSVRows?
    private let columns: Int
    private var position = 0
    private var released = 0
    private static let releasedAtOnce = 1 << 24

    init(_ path: String, dtype: DType, shape: Shape) throws(DataError) {
        guard dtype != .string else {
            throw DataError(file: path, .unsupported("a table of texts here; .npz and .h5 will do"))
        }
        (self.shape, self.dtype) = (shape, dtype)
        columns = shape.count(of: 1...)
        do {
            file = try MappedFile(path)
        } catch {
            throw DataError(error)
        }
        let (file, columns) = (file, columns)
        // Nothing stands for no rows.
        guard shape.first ?? 0 > 0 else {
            guard file.count == 0 else { throw Self.longer(path) }
            return
        }
        table = try Self.located(path) { () throws(CSVError) in
            try CSVRows(file.withUnsafeBytes { $0 })
        }
        guard let table, table.names == nil, table.columnCount == columns else {
            throw DataError(
                file: path,
                .mismatch("\(columns) columns of numbers without a header expected"))
        }
    }

    private static func located<Result>(
        _ path: String, _ body: () throws(CSVError) -> Result
    ) throws(DataError) -> Result {
        do {
            return try body()
        } catch {
            throw DataError(file: path, place: error.place, error.cause)
        }
    }

    private static func longer(_ path: String) -> DataError {
        DataError(file: path, .mismatch("more rows than expected"))
    }

    private func next() throws(DataError) -> Bool {
        try Self.located(file.name) { () throws(CSVError) in try table?.next() ?? false }
    }

    func skip(_ count: Int) throws(DataError) {
        position += count
        _ = try Self.located(file.name) { () throws(CSVError) in try table?.skip(count) }
    }

    func read(_ count: Int) throws(DataError) -> Tensor {
        var values: [Double] = []
        values.reserveCapacity(count * columns)
        for _ in 0..<count {
            guard try next() else {
                throw DataError(file: file.name, .missing("further rows"))
            }
            values += table?.values ?? []
        }
        position += count
        if position == shape.first, try next() { throw Self.longer(file.name) }
        release()
        let own = values
        return try DataError.located(file: file.name) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping {
                try Tensor(own, shape: shape.replacing(axis: 0, with: count)).converted(to: dtype)
            }
        }
    }

    private func release() {
        let end = table?.position ?? 0
        guard end - released > Self.releasedAtOnce else { return }
        file.withUnsafeBytes {
            file.release(UnsafeRawBufferPointer(rebasing: $0[released..<end]))
        }
        released = end
    }
}
