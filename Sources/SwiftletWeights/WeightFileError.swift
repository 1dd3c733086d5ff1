public import SwiftletFiles

/// Why a file of weights could not be read or written: the file, the place in it and the cause.
public struct WeightFileError: Error, Equatable, CustomStringConvertible {
    public enum Cause: Error, Equatable, CustomStringConvertible {
        /// The system refused to open, read or write the file.
        case file(FileError.Cause)
        /// The content contradicts itself, its format or the file's length.
        case damaged(String)
        /// The content may be right, but holds what is not read.
        case unsupported(String)
        /// The content asks for code to be run, which never happens.
        case refused(String)

        public var description: String {
            switch self {
            case .file(let cause): cause.description
            case .damaged(let what), .refused(let what): what
            case .unsupported(let what): "\(what) is not supported"
            }
        }
    }

    public let file: String
    /// The array or member that is meant; nil for the file as a whole.
    public let place: String?
    public let cause: Cause

    package init(_ file: String, place: String? = nil, _ cause: Cause) {
        self.file = file
        self.place = place
        self.cause = cause
    }

    public var description: String {
        [file, place, cause.description].compactMap(\.self).joined(separator: ": ")
    }
}
