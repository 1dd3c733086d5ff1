internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletTensor

extension IDX {
    /// The array in a file, left on the disk.
    static func readMapped(_ path: String) throws(DataError) -> Tensor {
        let file = try MappedFile.unpacked(path)
        let layout = try DataError.located(file: path) { () throws(DataError.Cause) in
            try file.withUnsafeBytes { bytes throws(DataError.Cause) in try IDX.layout(bytes) }
        }
        return try file.tensor(
            from: layout.offset, shape: layout.shape, dtype: layout.dtype,
            isSwapped: layout.dtype.size > 1)
    }
}

extension CIFAR {
    /// Pictures and labels of a batch file; the pictures on the disk.
    static func readMapped(_ path: String) throws(DataError) -> Dataset {
        let file = try MappedFile.unpacked(path)
        guard let kind = kind(byteCount: file.count, name: fileName(of: path)) else {
            throw DataError(
                file: path, .wrongFormat(expected: "a binary CIFAR-10 or CIFAR-100 file"))
        }
        var spool = try TensorSpool(source: path)
        var labels: [Int32] = []
        // Pieces of whole pictures.
        try file.forEachPiece(of: kind.pictureBytes << 10) { (piece) throws(DataError) in
            let part = try DataError.located(file: path) { () throws(DataError.Cause) in
                try decode(piece, kind: kind, first: labels.count)
            }
            try spool.append(part.x)
            labels += (try? part.y?.elements(of: Int32.self)) ?? []
        }
        let pictures = try spool.finish(
            shape: [labels.count, side, side, 3], dtype: .uint8)
        return try DataError.located(file: path) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping { try Dataset(x: pictures, y: Tensor(labels)) }
        }
    }
}

extension CSV {
    /// A table's inputs and targets as ``NumberTable/dataset(_:)`` has them; the rows on the disk.
    static func datasetMapped(_ path: String, _ roles: DataRoles) throws(DataError) -> Dataset {
        let file: MappedFile
        do {
            file = try MappedFile(path)
        } catch {
            throw DataError(error)
        }
        var rows: TableRows?
        do {
            try file.withUnsafeBytes { bytes throws in
                try CSV.forEachRow(bytes) { names, values, end in
                    if rows == nil { rows = try TableRows(path, names, values.count, roles) }
                    try rows?.append(values, releasing: file, upTo: end)
                }
            }
        } catch let error as CSVError {
            throw DataError(file: path, place: error.place, error.cause)
        } catch let error as DataError {
            throw error
        } catch let cause as DataError.Cause {
            throw DataError(file: path, cause)
        } catch {
            preconditionFailure("\(error)")
        }
        guard let rows else { throw DataError(file: path, .missing("numbers")) }
        return try rows.dataset(roles)
    }
}

/// The rows of a table on their way to the disk.
private final class TableRows {
    private let path: String
    private let columns: NumberTable.Columns
    private var x: TensorSpool?
    private var y: [Double] = []
    private var weights: [Double] = []
    private var count = 0
    private var released = 0
    private static let releasedAtOnce = 1 << 24

    init(_ path: String, _ names: [String]?, _ width: Int, _ roles: DataRoles) throws {
        self.path = path
        let head = try NumberTable(
            columnNames: names, values: Tensor(zeros: Shape([0, width]), dtype: .float64))
        columns = try head.columns(roles)
        x = try TensorSpool(source: path)
    }

    func append(_ values: [Double], releasing file: MappedFile, upTo end: Int) throws {
        try x?.append(columns.inputs.map { Float(values[$0]) })
        y += columns.targets.map { values[$0] }
        if let weight = columns.weight { weights.append(values[weight]) }
        count += 1
        guard end - released > Self.releasedAtOnce else { return }
        let range = released..<end
        file.withUnsafeBytes { file.release(UnsafeRawBufferPointer(rebasing: $0[range])) }
        released = end
    }

    func dataset(_ roles: DataRoles) throws(DataError) -> Dataset {
        let (count, width, depth) = (count, columns.inputs.count, columns.targets.count)
        let (targets, weights, path) = (y, weights, path)
        guard let spool = x.take() else { throw DataError(file: path, .missing("numbers")) }
        let inputs = try spool.finish(shape: [count, width], dtype: .float32)
        return try DataError.located(file: path) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping {
                let isWhole = targets.allSatisfy { Int32(exactly: $0) != nil }
                let y = try Tensor(targets, shape: Shape([count, depth]))
                return try Dataset(
                    inputs: [roles.inputs.first ?? "x": inputs],
                    targets: [
                        roles.outputs.first ?? "y": y.converted(to: isWhole ? .int32 : .float32)
                    ],
                    sampleWeights: weights.isEmpty ? nil : Tensor(weights))
            }
        }
    }
}
