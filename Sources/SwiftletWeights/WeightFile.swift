package import SwiftletArchive
internal import SwiftletFiles
package import SwiftletTensor

/// A file of named arrays that another framework wrote, told by its content. Nothing in it is run.
package struct WeightFile: Sendable {
    package enum Format: String, Sendable {
        case safetensors
        case torch = "PyTorch"
        case numPy = "NumPy .npz"
        case tensorFlow = "TensorFlow checkpoint"
        case mxNet = "MXNet .params"
        case pickle = "Python pickle"
    }

    package let path: String
    package let format: Format
    /// In the order of the file.
    package let arrays: [NamedArray]
    package let metadata: [(key: String, value: String)]

    private init(
        _ path: String, _ format: Format, _ arrays: [NamedArray],
        metadata: [(key: String, value: String)] = []
    ) {
        self.path = path
        self.format = format
        self.arrays = arrays
        self.metadata = metadata
    }

    /// Nil if the content is none of these formats.
    ///
    /// - Throws: ``WeightFileError``, e.g. for a file that is damaged or asks for code to be run.
    package init?(_ path: String) throws(WeightFileError) {
        do {
            guard let file = try Self.opened(path) else { return nil }
            self = file
        } catch let error as WeightFileError {
            throw error
        } catch let cause as WeightFileError.Cause {
            throw WeightFileError(path, cause)
        } catch let error as FileError {
            throw WeightFileError(error.path, .file(error.cause))
        } catch let error as ArchiveError {
            if case .file(let cause) = error.cause {
                throw WeightFileError(error.file, .file(cause))
            }
            throw WeightFileError(path, place: error.entry, .damaged("\(error.cause)"))
        } catch {
            throw WeightFileError(path, .damaged("\(error)"))
        }
    }

    private static func opened(_ path: String) throws -> WeightFile? {
        if let prefix = TensorFlowCheckpoint.prefix(path) {
            return WeightFile(path, .tensorFlow, try TensorFlowCheckpoint.read(prefix: prefix))
        }
        guard PathKind(path) != .directory else { return nil }
        let file = try MappedFile(path)
        if path.hasSuffix(".index.json") { return try sharded(path) }
        enum Start { case zip, safetensors, torch, mxNet, pickle }
        let start: Start? = file.withUnsafeBytes { bytes in
            if bytes.starts(with: [0x50, 0x4b]) { return .zip }
            if Torch.isLegacy(bytes) { return .torch }
            if MXNet.isParameters(bytes) { return .mxNet }
            if Safetensors.isSafetensors(bytes) { return .safetensors }
            return bytes.count > 2 && bytes[0] == 0x80 && (2...5).contains(bytes[1]) ? .pickle : nil
        }
        switch start {
        case .zip: return try WeightFile(ZipArchive(file))
        case .torch: return WeightFile(path, .torch, try Torch.readLegacy(file))
        case .mxNet: return WeightFile(path, .mxNet, try MXNet.read(file))
        case .safetensors:
            let (arrays, metadata) = try Safetensors.read(file)
            return WeightFile(path, .safetensors, arrays, metadata: metadata)
        case .pickle:
            var reader = file.withUnsafeBytes { PickleReader($0) }
            let root = try reader.object()
            var found = PickledArrays(reader.heap, owner: file)
            try found.collect(root)
            return WeightFile(path, .pickle, found.arrays)
        case nil: return nil
        }
    }

    /// A zip archive of PyTorch's or NumPy's; nil if it is neither.
    package init?(_ archive: ZipArchive) throws {
        if let folder = Torch.folder(of: archive) {
            self.init(archive.name, .torch, try Torch.read(archive, folder: folder))
        } else if NumPyArchive.isArchive(archive) {
            self.init(archive.name, .numPy, try NumPyArchive.read(archive))
        } else {
            return nil
        }
    }

    // MARK: Several files

    /// `weight_map` of a `.index.json` says in which file beside it each array lies.
    private static func sharded(_ path: String) throws -> WeightFile? {
        let index: JSON
        do {
            index = try JSON(parsing: readText(path))
        } catch let error as JSONError {
            throw WeightFileError.Cause.damaged("not JSON: \(error)")
        }
        guard let map = index["weight_map"]?.object else { return nil }
        var files: [String: [String: NamedArray]] = [:]
        var arrays: [NamedArray] = []
        var format = Format.safetensors
        for (name, value) in map {
            guard let part = value.string, isPlainName(part) else {
                throw WeightFileError.Cause.damaged("array \(quoted(name)) names no file")
            }
            if files[part] == nil {
                guard !part.hasSuffix(".index.json"),
                    let file = try WeightFile(directory(of: path) + "/" + part)
                else { throw WeightFileError.Cause.damaged("\(part) is no file of weights") }
                files[part] = Dictionary(file.arrays.map { ($0.name, $0) }) { first, _ in first }
                format = file.format
            }
            guard let array = files[part]?[name] else {
                throw WeightFileError.Cause.damaged("array \(quoted(name)) is not in \(part)")
            }
            arrays.append(array)
        }
        return WeightFile(path, format, arrays)
    }

    // MARK: Writing

    /// The formats that are written, by the suffix of a file's name.
    package static func format(ofName path: String) -> Format? {
        path.hasSuffix(".safetensors") ? .safetensors : path.hasSuffix(".npz") ? .numPy : nil
    }

    /// Writes arrays under their names; the file appears whole or not at all.
    package static func write(
        _ arrays: [(name: String, tensor: Tensor)], to path: String, as format: Format,
        metadata: [(key: String, value: String)] = []
    ) throws(WeightFileError) {
        do {
            switch format {
            case .safetensors: try Safetensors.write(arrays, metadata: metadata, to: path)
            case .numPy: try NumPyArchive.write(arrays, to: path)
            default: throw WeightFileError.Cause.unsupported("writing as \(format.rawValue)")
            }
        } catch let error as WeightFileError {
            throw error
        } catch let cause as WeightFileError.Cause {
            throw WeightFileError(path, cause)
        } catch let error as FileError {
            throw WeightFileError(error.path, .file(error.cause))
        } catch let error as ArchiveError {
            if case .file(let cause) = error.cause {
                throw WeightFileError(error.file, .file(cause))
            }
            throw WeightFileError(path, place: error.entry, .damaged("\(error.cause)"))
        } catch {
            throw WeightFileError(path, .damaged("\(error)"))
        }
    }
}

/// Whether a name that a file gives is one of a file beside it, and leads nowhere else.
package func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("/") && !name.contains("\\") && !name.utf8.contains(0)
        && name != "." && name != ".."
}
