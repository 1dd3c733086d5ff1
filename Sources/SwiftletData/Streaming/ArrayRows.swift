internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletNumPy
internal import SwiftletTensor

/// The rows of an array in an `.npz` file, unpacked as they are read.
final class NPZRows: RowReader {
    let shape: Shape
    let dtype: DType
    private let isSwapped: Bool
    private let file: String
    private let name: String
    private var stream: ZipStream

    /// Nil for texts, for columns first and for an array without axes.
    init?(_ name: String, in archive: ZipArchive, _ entry: ZipEntry) throws(DataError) {
        file = archive.name
        self.name = name
        let layout: NPYLayout?
        do {
            var stream = try archive.stream(entry)
            layout = try NPYLayout(count: entry.size) { bytes in
                try stream.read(exactly: bytes)
            }
            self.stream = stream
        } catch {
            throw Self.located(error, archive.name, name)
        }
        guard let layout, layout.shape.rank > 0 else { return nil }
        shape = layout.shape
        dtype = layout.dtype
        isSwapped = layout.isSwapped && layout.dtype.size > 1
    }

    private static func located(_ error: any Error, _ file: String, _ name: String) -> DataError {
        switch error {
        case let error as DataError: error
        case let error as ArchiveError: DataError(error)
        case let error as NPYError: DataError(file: file, place: name, DataError.Cause(error))
        default: preconditionFailure("\(error)")
        }
    }

    func skip(_ count: Int) throws(DataError) {
        do {
            try stream.skip(count * rowBytes)
        } catch {
            throw DataError(error)
        }
    }

    func read(_ count: Int) throws(DataError) -> Tensor {
        try rows(count, file: file) { bytes in
            do throws(ArchiveError) {
                try stream.read(exactly: bytes)
            } catch {
                throw DataError(error)
            }
            if isSwapped { reverseBytes(bytes, size: dtype.size) }
            // A Swift Bool other than 0 and 1 is undefined; a file may hold any byte.
            if dtype == .bool { for index in bytes.indices { bytes[index] = min(bytes[index], 1) } }
        }
    }
}

extension HDF5Dataset {
    /// The rows of a dataset, chunk by chunk.
    func rows() throws(DataError) -> any RowReader {
        do throws(HDF5Error) {
            guard dtype != .string, shape.rank > 0, let bands = try bands() else {
                return TensorRows(try read(), file: file)
            }
            return BandRows(shape: shape, dtype: dtype, file: file, height: bands.rows) {
                (number) throws(DataError) in
                do throws(HDF5Error) {
                    return try bands.read(number)
                } catch {
                    throw DataError(error)
                }
            }
        } catch {
            throw DataError(error)
        }
    }
}

extension NPY {
    /// The rows of the array in a file, which stay there.
    static func rows(_ path: String) throws(DataError) -> any RowReader {
        do {
            let file = try MappedFile(path)
            let layout = try file.withUnsafeBytes { bytes throws(NPYError) in
                try NPYLayout(of: bytes)
            }
            guard let layout else { return TensorRows(try read(path), file: path) }
            let tensor = try file.tensor(
                from: layout.offset, shape: layout.shape, dtype: layout.dtype,
                isSwapped: layout.isSwapped)
            return TensorRows(tensor, file: path)
        } catch let error as NPYError {
            throw DataError(file: path, DataError.Cause(error))
        } catch let error as FileError {
            throw DataError(error)
        } catch let error as DataError {
            throw error
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

/// Pictures of files as rows.
final class PictureRows: RowReader {
    let shape: Shape
    let dtype: DType
    private let paths: [String]
    private let first: Tensor
    /// Height, width and channels that pictures are brought to where one of them differs; nil if all must
    /// be as the first one.
    private let wanted: [Int]?
    private var position = 0

    /// - Parameter shape: see ``DataRoles/imageShape``.
    init(_ paths: [String], shape wanted: [Int]?) throws(DataError) {
        self.paths = paths
        self.wanted = wanted
        let first = try ImageFile.read(paths[0])
        self.first = first
        dtype = first.dtype
        let (extents, count) = (wanted ?? first.shape.dimensions, paths.count)
        shape = try DataError.located(file: paths[0]) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping { try Shape([count] + extents) }
        }
    }

    func skip(_ count: Int) { position += count }

    func read(_ count: Int) throws(DataError) -> Tensor {
        guard count > 0 else { return try rows(0, file: paths[0]) { _ in } }
        let stack = PictureStack(
            paths: Array(paths[position..<position + count]), placement: .memory)
        position += count
        guard let wanted else { return try stack.alike(to: first) }
        return try stack.brought(to: wanted, like: first)
    }
}
