public import SwiftletFiles
public import SwiftletLimits

/// Why an HDF5 file, or an object in it, could not be read or written.
public struct HDF5Error: Error, Equatable, CustomStringConvertible {
    public enum Cause: Equatable, Sendable {
        /// The system refused to open, read or write the file.
        case file(FileError.Cause)
        /// The bytes are no HDF5 file.
        case notHDF5
        /// There is no object (group, dataset, attribute) of this name.
        case missing
        /// Another kind of object stands there; the text names the expected one.
        case wrongKind(expected: String)
        /// A part of the format that is not read: links, virtual data, foreign filters or types.
        case unsupported(String)
        /// A part of the format that only libhdf5 reads, which needs a helper process: see
        /// ``HDF5Isolation``.
        case needsLibrary(String)
        /// The helper process did not read the file.
        case helper(HDF5HelperFailure)
        /// More bytes are declared than the file can hold or the limit allows.
        case tooLarge(bytes: Int)
        /// The limits in force do not allow it.
        case limit(LimitError)
        /// The HDF5 library refused to write, in its own words.
        case library(String)
        /// The content is not what its type promises.
        case damaged(String)
    }

    public let file: String
    /// The path inside the file, unless the file as a whole is meant.
    public let object: String?
    public let cause: Cause

    package init(_ file: String, object: String? = nil, _ cause: Cause) {
        self.file = file
        self.object = object
        self.cause = cause
    }

    package init(_ error: FileError) {
        self.init(error.path, .file(error.cause))
    }

    public var description: String {
        [file, object, cause.description].compactMap(\.self).joined(separator: ": ")
    }
}

extension HDF5Error.Cause: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let cause): cause.description
        case .notHDF5: "not an HDF5 file"
        case .missing: "no such object"
        case .wrongKind(let expected): "not \(expected)"
        case .unsupported(let what): "\(what) is not supported"
        case .needsLibrary(let what): "\(what) is not supported without a helper process"
        case .helper(let failure): failure.description
        case .limit(let error): error.description
        case .tooLarge(let bytes): "\(bytes) bytes are more than the file can hold"
        case .library(let text): "HDF5: \(text)"
        case .damaged(let what): what
        }
    }
}
