internal import SwiftletArchive
public import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletWeights

/// Why a Keras file could not be read or written: the file, the place in it and the cause, worded as
/// one line.
public struct KerasFileError: Error, CustomStringConvertible {
    public enum Cause: Sendable, CustomStringConvertible {
        /// The system refused to open, read or write the file.
        case file(FileError.Cause)
        /// The content is none of the kinds of files that Keras writes.
        case foreign(String)
        /// The file, or a part of it, is damaged or uses what is not supported.
        case content(String)
        /// The architecture cannot be made into a model, or the model not into the file's terms.
        case model(String)
        /// The weights in the file are not those of the model.
        case weights(WeightReport)

        public var description: String {
            switch self {
            case .file(let cause): "\(cause)"
            case .foreign(let what), .content(let what), .model(let what): what
            case .weights(let report): "\(report)"
            }
        }
    }

    public let file: String
    /// Where in the file: a member of a zip archive, an attribute, an object; nil for all of it.
    public let place: String?
    public let cause: Cause

    init(_ file: String, place: String? = nil, _ cause: Cause) {
        self.file = file
        self.place = place
        self.cause = cause
    }

    public var description: String {
        "\(file): " + (place.map { "\($0): " } ?? "") + "\(cause)"
    }

    /// Any error from below, with the file's name.
    init(_ error: any Error, file: String, place: String? = nil) {
        switch error {
        case let error as KerasFileError: self = error
        case let error as FileError: self.init(error.path, .file(error.cause))
        case let error as ArchiveError:
            if case .file(let cause) = error.cause {
                self.init(error.file, .file(cause))
            } else {
                self.init(file, place: place, .content(Self.tail("\(error)", after: error.file)))
            }
        case let error as HDF5Error:
            if case .file(let cause) = error.cause {
                self.init(error.file, .file(cause))
            } else {
                self.init(file, place: place, .content(Self.tail("\(error)", after: error.file)))
            }
        case let error as WeightFileError:
            if case .file(let cause) = error.cause {
                self.init(error.file, .file(cause))
            } else {
                self.init(
                    error.file, place: error.place ?? (error.file == file ? place : nil),
                    .content("\(error.cause)"))
            }
        case let cause as WeightFileError.Cause:
            self.init(file, place: place, .content("\(cause)"))
        case let error as JSONError:
            self.init(file, place: place, .content("not JSON: \(error)"))
        case let error as ConfigRefusal:
            self.init(file, place: error.place, .model(error.cause))
        case let error as ModelError: self.init(file, place: place, .model("\(error)"))
        default: self.init(file, place: place, .content("\(error)"))
        }
    }

    private static func tail(_ text: String, after file: String) -> String {
        text.hasPrefix(file + ": ") ? String(text.dropFirst(file.count + 2)) : text
    }
}
