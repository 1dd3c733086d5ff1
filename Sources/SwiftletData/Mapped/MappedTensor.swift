internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletTensor

/// Keeps a file mapped as long as a tensor's bytes lie in it.
private final class MappedBytes: ReleasableBytes {
    private let file: MappedFile

    init(_ file: MappedFile) { self.file = file }

    func release(_ bytes: UnsafeRawBufferPointer) { file.release(bytes) }
}

extension Tensor {
    /// A tensor whose bytes stay in a file, from `offset` on. They need not lie aligned there.
    init(
        mapped file: MappedFile, from offset: Int = 0, shape: Shape, dtype: DType
    ) throws(DataError.Cause) {
        let end = offset + shape.elementCount * dtype.size
        guard end <= file.count else { throw .truncated(needed: end, found: file.count) }
        self = try DataError.Cause.wrapping {
            try file.withUnsafeBytes { bytes in
                try Tensor(
                    storage: TensorStorage(
                        viewing: UnsafeRawBufferPointer(rebasing: bytes[offset..<end]),
                        elementSize: dtype.size, owner: MappedBytes(file)), shape: shape,
                    dtype: dtype)
            }
        }
    }
}

/// Writes a tensor that need not fit in memory, row by row.
struct TensorSpool: ~Copyable {
    private var file: SpoolFile
    private let source: String

    /// - Parameter source: the file that the rows come from, for errors.
    init(source: String) throws(DataError) {
        self.source = source
        do {
            file = try SpoolFile(name: source)
        } catch {
            throw DataError(error)
        }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
        do {
            try file.append(bytes)
        } catch {
            throw DataError(error)
        }
    }

    mutating func append<Element: BitwiseCopyable>(_ elements: [Element]) throws(DataError) {
        try elements.withUnsafeBufferPointer { elements throws(DataError) in
            try append(UnsafeRawBufferPointer(elements))
        }
    }

    mutating func append(_ tensor: Tensor) throws(DataError) {
        do {
            try tensor.withUnsafeBytes { try file.append($0) }
        } catch let error as FileError {
            throw DataError(error)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// The rows as one tensor, whose bytes stay in the file.
    consuming func finish(shape: [Int], dtype: DType) throws(DataError) -> Tensor {
        let mapped: MappedFile
        let source = source
        do {
            mapped = try file.finish()
        } catch {
            throw DataError(error)
        }
        return try DataError.located(file: source) { () throws(DataError.Cause) in
            let shape = try DataError.Cause.wrapping { try Shape(shape) }
            return try Tensor(mapped: mapped, shape: shape, dtype: dtype)
        }
    }
}

extension MappedFile {
    /// The file, or what a gzip file unpacks to, in a file without a name.
    static func unpacked(_ path: String) throws(DataError) -> MappedFile {
        do {
            let file = try MappedFile(path)
            guard file.withUnsafeBytes(Gzip.isPacked) else { return file }
            var spool = try SpoolFile(name: path)
            try Gzip.unpack(file) { (piece) throws(ArchiveError) in
                do throws(FileError) {
                    try spool.append(piece)
                } catch {
                    throw ArchiveError(error)
                }
            }
            return try spool.finish()
        } catch let error as FileError {
            throw DataError(error)
        } catch let error as ArchiveError {
            throw DataError(error)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// The elements from `offset` on as a tensor of this machine's byte order; in place where they are
    /// so in the file.
    func tensor(
        from offset: Int, shape: Shape, dtype: DType, isSwapped: Bool
    ) throws(DataError) -> Tensor {
        let count = shape.elementCount * dtype.size
        guard isSwapped || dtype == .bool else {
            return try DataError.located(file: name) { () throws(DataError.Cause) in
                try Tensor(mapped: self, from: offset, shape: shape, dtype: dtype)
            }
        }
        guard offset + count <= self.count else {
            throw DataError(file: name, .truncated(needed: offset + count, found: self.count))
        }
        var spool = try TensorSpool(source: name)
        let part = MappedFile(offset..<offset + count, of: self, name: name)
        try part.forEachPiece { (piece) throws(DataError) in
            var copy = [UInt8](piece)
            copy.withUnsafeMutableBytes { if isSwapped { reverseBytes($0, size: dtype.size) } }
            if dtype == .bool { copy = copy.map { $0 == 0 ? 0 : 1 } }
            try spool.append(copy)
        }
        return try spool.finish(shape: shape.dimensions, dtype: dtype)
    }
}
