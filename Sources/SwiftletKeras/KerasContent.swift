internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletWeights

/// What a file of weights or a model holds, found out by its content; names may be misleading.
enum KerasContent {
    case package(KerasPackage)
    /// A whole model in HDF5.
    case legacyModel(HDF5File)
    /// Weights by layer, without the model.
    case legacyWeights(HDF5File)
    /// Weights by object.
    case weights(HDF5File)
    /// The index of weights by object in several files.
    case shardedWeights(JSON)
    case architecture(JSON)
    /// Arrays that another framework, or nobody in particular, wrote.
    case foreign(WeightFile)

    /// - Throws: ``KerasFileError``.
    init(_ path: String) throws {
        guard PathKind(path) == .regular else {
            self = try Self.noFile(path)
            return
        }
        try self.init(MappedFile(path), at: path)
    }

    /// - Parameter path: where the file lies; nil for bytes in memory, which have no files beside them.
    init(_ file: MappedFile, at path: String?) throws {
        let start = file.withUnsafeBytes { [UInt8]($0.prefix(2)) }
        if start == Array("PK".utf8) {
            let archive = try ZipArchive(file)
            if archive["config.json"] == nil, let weights = try WeightFile(archive) {
                self = .foreign(weights)
            } else {
                self = .package(.archive(archive))
            }
        } else if file.withUnsafeBytes(HDF5File.hasSignature) {
            self = try Self.hdf5(HDF5File(file), file.name)
        } else if file.withUnsafeBytes({ Self.looksLikeJSON($0) }) {
            let json = try JSON(parsing: file.text())
            if json["weight_map"] == nil || json["class_name"] != nil {
                self = .architecture(json)
            } else if let path, path.hasSuffix(".index.json"), let weights = try WeightFile(path) {
                self = .foreign(weights)
            } else {
                self = .shardedWeights(json)
            }
        } else if let path, let weights = try WeightFile(path) {
            self = .foreign(weights)
        } else {
            throw KerasFileError(
                file.name,
                .foreign(
                    file.count == 0 ? "the file is empty" : "not a Keras file: no zip, HDF5 or JSON"
                ))
        }
    }

    /// A folder, or the name that the files of a checkpoint have in common.
    private static func noFile(_ path: String) throws -> KerasContent {
        if PathKind("\(path)/config.json") == .regular { return .package(.folder(path)) }
        if let weights = try WeightFile(path) { return .foreign(weights) }
        guard PathKind(path) == .directory else {
            _ = try MappedFile(path)  // says why there is none
            throw KerasFileError(path, .foreign("no regular file"))
        }
        throw KerasFileError(
            path, .foreign("a folder, but no unpacked .keras file and no TensorFlow checkpoint"))
    }

    private static func hdf5(_ file: HDF5File, _ path: String) throws -> KerasContent {
        let attributes = Set(try file.root.attributeNames())
        if attributes.contains("model_config") { return .legacyModel(file) }
        if !attributes.isDisjoint(with: ["layer_names", "layer_names0", "nb_layers"]) {
            return .legacyWeights(file)
        }
        let groups = Set(try file.root.childNames())
        if !groups.isDisjoint(with: ["layers", "_layer_checkpoint_dependencies", "vars"]) {
            return .weights(file)
        }
        throw KerasFileError(path, .foreign("an HDF5 file, but not one of Keras"))
    }

    private static func looksLikeJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let first = bytes.first { !($0 == 0x20 || (0x09...0x0d).contains($0)) }
        return first == UInt8(ascii: "{") || bytes.starts(with: [0xef, 0xbb, 0xbf])
    }

    var name: String {
        switch self {
        case .package(.archive): "a .keras file"
        case .package(.folder): "an unpacked .keras file"
        case .legacyModel: "a whole model in HDF5"
        case .legacyWeights, .weights: "a file of weights"
        case .shardedWeights: "weights in several files"
        case .architecture: "an architecture without weights"
        case .foreign(let file): file.format.rawValue
        }
    }
}
