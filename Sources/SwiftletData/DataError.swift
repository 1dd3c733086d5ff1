public import SwiftletArchive
public import SwiftletDataset
public import SwiftletFiles
public import SwiftletHDF5
public import SwiftletLimits
internal import SwiftletNumPy
public import SwiftletTensor

/// Why data could not be read or written: the file, the place in it and the cause, in one line.
public struct DataError: Error, Equatable, CustomStringConvertible {
    public let file: String
    /// Where in the file: an array's name, a line and column, a dataset's path.
    public let place: String?
    public let cause: Cause

    public init(file: String, place: String? = nil, _ cause: Cause) {
        self.file = file
        self.place = place
        self.cause = cause
    }

    public var description: String {
        [file, place, cause.description].compactMap(\.self).joined(separator: ": ")
    }

    init(_ error: HDF5Error) {
        if case .file(let cause) = error.cause {
            self.init(file: error.file, place: error.object, .file(cause))
        } else {
            self.init(file: error.file, place: error.object, .hdf5(error.cause))
        }
    }

    public enum Cause: Error, Equatable, CustomStringConvertible {
        /// The file could not be opened, read or written.
        case file(FileError.Cause)
        /// The archive around the data could not be read or written.
        case archive(ArchiveError.Cause)
        /// The HDF5 file around the data could not be read or written.
        case hdf5(HDF5Error.Cause)
        /// The file is of another kind than its name or its use says.
        case wrongFormat(expected: String)
        /// The file ends before its contents do.
        case truncated(needed: Int, found: Int)
        /// The file breaks the rules of its format.
        case malformed(String)
        /// The file may be right, but holds something that cannot be used here.
        case unsupported(String)
        /// Something that was asked for, or has to be there, is not.
        case missing(String)
        /// Things that belong together differ.
        case mismatch(String)
        /// The samples do not fit together.
        case dataset(DatasetError)
        /// The limits in force do not allow it.
        case limit(LimitError)
        /// No tensor can hold it.
        case tensor(TensorError)

        public var description: String {
            switch self {
            case .malformed(let words), .mismatch(let words): words
            case .file(let cause): cause.description
            case .archive(let cause): cause.description
            case .hdf5(let cause): cause.description
            case .wrongFormat(let expected): "not \(expected)"
            case .truncated(let needed, let found):
                "truncated: \(needed) bytes needed, \(found) found"
            case .unsupported(let what): "\(what) not supported"
            case .missing(let what): "no \(what)"
            case .dataset(let error): error.description
            case .limit(let error): error.description
            case .tensor(let error): error.description
            }
        }
    }

    init(_ error: FileError) { self.init(file: error.path, .file(error.cause)) }

    init(_ error: ArchiveError) {
        if case .file(let cause) = error.cause {
            self.init(file: error.file, place: error.entry, .file(cause))
        } else {
            self.init(file: error.file, place: error.entry, .archive(error.cause))
        }
    }
}

extension DataError {
    /// Runs `body` and says of its error in which file and where there it happened.
    static func located<Result>(
        file: String, place: String? = nil, _ body: () throws(Cause) -> Result
    ) throws(DataError) -> Result {
        do {
            return try body()
        } catch {
            throw DataError(file: file, place: place, error)
        }
    }

    /// Gives `body` the bytes of a file and names the file in its errors.
    static func reading<Result>(
        _ path: String, _ body: (UnsafeRawBufferPointer) throws(Cause) -> Result
    ) throws(DataError) -> Result {
        let file: MappedFile
        do {
            file = try MappedFile(path)
        } catch {
            throw DataError(error)
        }
        return try located(file: path) { () throws(Cause) in
            try file.withUnsafeBytes { bytes throws(Cause) in try body(bytes) }
        }
    }

    /// The same for a file that may be packed by gzip.
    static func readingUnpacked<Result>(
        _ path: String, _ body: (UnsafeRawBufferPointer) throws(Cause) -> Result
    ) throws(DataError) -> Result {
        let bytes: [UInt8]
        do {
            let file = try MappedFile(path)
            guard file.withUnsafeBytes(Gzip.isPacked) else {
                return try located(file: path) { () throws(Cause) in
                    try file.withUnsafeBytes { bytes throws(Cause) in try body(bytes) }
                }
            }
            bytes = try Gzip.unpacked(file)
        } catch let error as FileError {
            throw DataError(error)
        } catch let error as ArchiveError {
            throw DataError(error)
        } catch let error as DataError {
            throw error
        } catch {
            preconditionFailure("\(error)")
        }
        return try located(file: path) { () throws(Cause) in
            try bytes.withUnsafeBufferPointer { bytes throws(Cause) in
                try body(UnsafeRawBufferPointer(bytes))
            }
        }
    }

    /// Writes a whole file, or leaves what was there.
    static func writing(
        _ path: String, _ encode: () throws(Cause) -> [UInt8]
    ) throws(DataError) {
        let bytes = try located(file: path, encode)
        do {
            try AtomicFile.write(bytes, to: path)
        } catch {
            throw DataError(error)
        }
    }
}

extension DataError.Cause {
    init(_ error: NPYError) {
        switch error {
        case .wrongFormat(let expected): self = .wrongFormat(expected: expected)
        case .truncated(let needed, let found): self = .truncated(needed: needed, found: found)
        case .malformed(let what): self = .malformed(what)
        case .unsupported(let what): self = .unsupported(what)
        case .tensor(let error): self = .tensor(error)
        }
    }

    /// Runs `body`, which makes or reads tensors, under typed throws.
    static func wrapping<Result>(_ body: () throws -> Result) throws(Self) -> Result {
        do {
            return try body()
        } catch let error as Self {
            throw error
        } catch let error as TensorError {
            throw .tensor(error)
        } catch let error as DatasetError {
            throw .dataset(error)
        } catch {
            preconditionFailure("not an error of tensors or datasets: \(error)")
        }
    }
}
