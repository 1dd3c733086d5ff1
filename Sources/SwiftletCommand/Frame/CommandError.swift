internal import SwiftletArchive
internal import SwiftletData
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletStreaming
internal import SwiftletWeights

/// An error that names the file it is about.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ file: String, _ cause: any Error) { description = "\(file): \(cause)" }
    init(_ file: String, _ cause: String) { description = "\(file): \(cause)" }
}

/// Runs `body` and says of its errors which file they are about, unless they do so themselves.
func naming<Result>(_ file: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        switch error {
        case is CommandError, is DataError, is FileError, is ArchiveError, is HDF5Error,
            is KerasFileError, is WeightFileError, is FeatureError, is StreamError:
            throw error
        default: throw CommandError(file, error)
        }
    }
}

/// Runs a model on data: what does not fit is the data file's fault, the rest the model's.
func naming<Result>(_ model: String, data: String, _ body: () throws -> Result) throws -> Result {
    try naming(model) {
        do {
            return try body()
        } catch let error as ModelError {
            guard case .input = error else { throw error }
            throw CommandError(data, error)
        }
    }
}

/// Finds out before any work is done whether a file can be written, and keeps it for this process.
///
/// - Throws: ``FileError`` if the folder is missing or may not be written to, if a folder stands in the
///   file's place, or if another process is about to write it.
func checkDestination(_ path: String?) throws {
    if let path, Ranks.isFirst { try claimDestination(path) }
}
