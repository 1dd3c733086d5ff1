internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletLimits
internal import SwiftletWeights

/// The members of a `.keras` file: of a zip archive, or of the folder it was unpacked into.
enum KerasPackage {
    case archive(ZipArchive)
    case folder(String)

    /// The path, as errors show it.
    var path: String {
        switch self {
        case .archive(let archive): archive.name
        case .folder(let path): path
        }
    }

    func contains(_ name: String) -> Bool {
        switch self {
        case .archive(let archive): archive[name] != nil
        case .folder(let path): PathKind("\(path)/\(name)") == .regular
        }
    }

    /// The names of the members, those of a folder as far as they lie in it directly.
    func names() throws -> [String] {
        switch self {
        case .archive(let archive): archive.entries.map(\.name)
        case .folder(let path): try directoryContents(path)
        }
    }

    /// A member's bytes, in place where they are.
    func file(_ name: String) throws -> MappedFile {
        switch self {
        case .archive(let archive):
            return try archive.file(archive.entry(name), name: archive.name)
        case .folder(let path): return try MappedFile("\(path)/\(name)")
        }
    }

    func json(_ name: String) throws -> JSON {
        do {
            let file = try file(name)
            try Limits.check(.textBytes, file.count)
            return try JSON(parsing: file.withUnsafeBytes { [UInt8]($0) })
        } catch let error as ArchiveError {
            throw KerasFileError(error, file: path)  // names the member itself
        } catch {
            throw KerasFileError(error, file: path, place: name)
        }
    }

    /// A member that is text; nil if there is none of that name.
    func text(_ name: String) throws -> String? {
        guard contains(name) else { return nil }
        let file = try file(name)
        do {
            try Limits.check(.textBytes, file.count)
        } catch {
            throw KerasFileError(path, place: name, .content("\(error)"))
        }
        let bytes = file.withUnsafeBytes { [UInt8]($0) }
        guard let text = String(strictUTF8: bytes) else {
            throw KerasFileError(path, place: name, .content("the text is not UTF-8"))
        }
        return text
    }

    /// What `metadata.json` says; nil if there is none.
    func metadata() throws -> JSON? {
        guard contains(KerasMetadata.member) else { return Optional.none }
        return try json(KerasMetadata.member)
    }

    // MARK: Weights

    private static let single = "model.weights.h5"
    private static let numPy = "model.weights.npz"
    private static let index = "model.weights.json"

    func weights() throws -> StoredWeights {
        if contains(Self.single) {
            return try naming(Self.single) { try StoredWeights(HDF5File(file(Self.single))) }
        }
        if contains(Self.numPy) {
            return try naming(Self.numPy) {
                let archive = try ZipArchive(file(Self.numPy))
                return try StoredWeights(arrays: WeightFile(archive)?.arrays ?? [])
            }
        }
        if contains(Self.index) {
            let index = try json(Self.index)
            return try naming(Self.index) {
                try StoredWeights(
                    shards: ShardIndex(index).files.map { try HDF5File(file($0)) })
            }
        }
        throw KerasFileError(path, .content("no \(Self.single) in the archive"))
    }

    private func naming<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as ArchiveError {
            throw KerasFileError(error, file: path)  // names the member itself
        } catch {
            throw KerasFileError(error, file: path, place: name)
        }
    }
}

/// The `.weights.json` that Keras writes with `max_shard_size`: which file beside it holds which
/// object's variables.
struct ShardIndex {
    /// Each once, in order.
    let files: [String]

    init(_ json: JSON) throws {
        guard let map = json["weight_map"]?.object else {
            throw WeightFileError.Cause.damaged("no weight_map")
        }
        var files: [String] = []
        var seen: Set<String> = []
        for (object, value) in map {
            for name in value.array ?? [value] {
                // Only names: nothing outside of the folder is opened.
                guard let name = name.string, isPlainName(name) else {
                    throw WeightFileError.Cause.damaged(
                        "\(quoted(object)) names no file beside the index")
                }
                if seen.insert(name).inserted { files.append(name) }
            }
        }
        self.files = files
    }

    /// The parts of the index in a file.
    static func weights(of index: JSON, at path: String) throws -> StoredWeights {
        let shards = try ShardIndex(index).files.map {
            try HDF5File(directory(of: path) + "/" + $0)
        }
        return try StoredWeights(shards: shards)
    }
}
