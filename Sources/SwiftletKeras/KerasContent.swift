internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5

/// What a Keras file holds, found out by its content; names may be misleading.
enum KerasContent {
    case archive(ZipArchive)
    /// A whole model in HDF5.
    case legacyModel(HDF5File)
    /// Weights by layer, without the model.
    case legacyWeights(HDF5File)
    /// Weights by object.
    case weights(HDF5File)
    case architecture(JSON)

    /// - Throws: ``KerasFileError``.
    init(_ path: String) throws {
        let file = try MappedFile(path)
        let start = file.withUnsafeBytes { [UInt8]($0.prefix(2)) }
        if start == Array("PK".utf8) {
            self = .archive(try ZipArchive(file))
        } else if file.withUnsafeBytes(HDF5File.hasSignature) {
            self = try Self.hdf5(HDF5File(path), path)
        } else if file.withUnsafeBytes({ Self.looksLikeJSON($0) }) {
            self = .architecture(try JSON(parsing: readFile(path, limit: 1 << 30)))
        } else {
            throw KerasFileError(
                path,
                .foreign(
                    file.count == 0 ? "the file is empty" : "not a Keras file: no zip, HDF5 or JSON"
                ))
        }
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
        case .archive: "a .keras file"
        case .legacyModel: "a whole model in HDF5"
        case .legacyWeights, .weights: "a file of weights"
        case .architecture: "an architecture without weights"
        }
    }
}
