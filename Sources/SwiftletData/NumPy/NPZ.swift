internal import SwiftletArchive
public import SwiftletDataset
internal import SwiftletFiles
public import SwiftletTensor

/// NumPy's `.npz`: a zip archive of `.npy` files, stored or deflated.
public struct NPZ: Sendable, ArrayCollection {
    /// The arrays' names, in the order of the file.
    public let names: [String]
    private let archive: ZipArchive
    private let entries: [String: ZipEntry]

    var file: String { archive.name }

    private static let suffix = ".npy"

    /// Reads the archive's directory; the arrays are read when they are asked for.
    ///
    /// - Throws: ``DataError`` if this is no zip archive or there is no array in it.
    public init(_ path: String) throws(DataError) {
        do {
            try self.init(ZipArchive(path))
        } catch let error as ArchiveError {
            throw DataError(error)
        } catch let error as DataError {
            throw error
        } catch {
            preconditionFailure("\(error)")
        }
    }

    init(_ archive: ZipArchive) throws(DataError) {
        let arrays = archive.entries.filter { $0.name.hasSuffix(Self.suffix) }
        guard !arrays.isEmpty else {
            throw DataError(file: archive.name, .wrongFormat(expected: "a NumPy .npz file"))
        }
        self.archive = archive
        names = arrays.map { String($0.name.dropLast(Self.suffix.count)) }
        entries = Dictionary(zip(names, arrays)) { _, last in last }
    }

    /// One of the arrays.
    ///
    /// - Throws: ``DataError`` with the array's name as its place.
    public func read(_ name: String) throws(DataError) -> Tensor {
        guard let entry = entries[name] else {
            throw DataError(
                file: archive.name, .missing("array \(quoted(name)) (it has \(listed(names)))"))
        }
        do {
            return try archive.withBytes(of: entry) { try NPY.decode($0) }
        } catch let error as ArchiveError {
            throw DataError(error)
        } catch let cause as DataError.Cause {
            throw DataError(file: archive.name, place: name, cause)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    func rows(_ name: String) throws(DataError) -> any RowReader {
        guard let entry = entries[name],
            let rows = try NPZRows(name, in: archive, entry)
        else { return TensorRows(try read(name), file: file) }
        return rows
    }

    /// The `.npy` file of an array: a part of the archive where it is stored, else unpacked into a file
    /// without a name.
    func mapped(_ name: String) throws(DataError) -> MappedFile {
        guard let entry = entries[name] else {
            throw DataError(
                file: archive.name, .missing("array \(quoted(name)) (it has \(listed(names)))"))
        }
        do {
            if entry.isStored { return try archive.file(entry, name: archive.name) }
            var stream = try archive.stream(entry)
            var spool = try SpoolFile(name: archive.name)
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            while stream.left > 0 {
                try piece.withUnsafeMutableBytes { (piece) throws in
                    let count = try stream.read(into: piece)
                    try spool.append(UnsafeRawBufferPointer(rebasing: piece[..<count]))
                }
            }
            return try spool.finish()
        } catch let error as ArchiveError {
            throw DataError(error)
        } catch let error as FileError {
            throw DataError(error)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// All arrays of a file, in its order.
    public static func read(_ path: String) throws(DataError) -> NamedTensors {
        try NPZ(path).readAll()
    }

    func readAll() throws(DataError) -> NamedTensors {
        var tensors = NamedTensors()
        for name in names { tensors[name] = try read(name) }
        return tensors
    }

    /// Writes arrays under their names; the file appears whole or not at all.
    ///
    /// - Parameter compressed: deflates the arrays, as `numpy.savez_compressed` does.
    public static func write(
        _ tensors: NamedTensors, to path: String, compressed: Bool = true
    ) throws(DataError) {
        do {
            var writer = try ZipWriter(replacing: path)
            for (name, tensor) in tensors {
                let bytes = try DataError.located(file: path, place: name) {
                    () throws(DataError.Cause) in try NPY.encode(tensor)
                }
                try writer.add(name + suffix, bytes, compressed: compressed, alignment: 64)
            }
            try writer.finish()
        } catch let error as ArchiveError {
            throw DataError(error)
        } catch let error as DataError {
            throw error
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
