public import SwiftletFiles
public import SwiftletLimits

/// Why a zip archive, or one entry of it, could not be read or written.
public struct ArchiveError: Error, Equatable, CustomStringConvertible {
    public enum Cause: Equatable, Sendable {
        /// The system refused to open, read or write the file.
        case file(FileError.Cause)
        /// The bytes are no zip archive, or lack their end.
        case notAnArchive
        /// The archive contradicts itself or its own length; the text says where.
        case damaged(String)
        /// A zip feature that is not read: encryption, several disks, another compression method.
        case unsupported(String)
        /// The archive or its content is more than the limits in force allow.
        case limit(LimitError)
        /// No entry has this name.
        case missing
    }

    public let file: String
    /// The entry's name, unless the archive as a whole is meant.
    public let entry: String?
    public let cause: Cause

    package init(_ file: String, entry: String? = nil, _ cause: Cause) {
        self.file = file
        self.entry = entry
        self.cause = cause
    }

    package init(_ error: FileError) {
        self.init(error.path, .file(error.cause))
    }

    public var description: String {
        [file, entry, cause.description].compactMap(\.self).joined(separator: ": ")
    }
}

extension ArchiveError.Cause: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let cause): cause.description
        case .notAnArchive: "not a zip archive, or cut off"
        case .damaged(let what): "damaged archive: \(what)"
        case .unsupported(let what): "\(what) is not supported"
        case .limit(let error): error.description
        case .missing: "no such entry in the archive"
        }
    }
}
