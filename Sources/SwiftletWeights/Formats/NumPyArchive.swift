internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletNumPy
internal import SwiftletTensor

/// NumPy's `.npz`. Pickled objects in it are read as far as they hold arrays: Keras 3 wrote
/// `model.weights.npz` so, a dictionary for each object of the model.
enum NumPyArchive {
    private static let suffix = ".npy"

    static func isArchive(_ archive: ZipArchive) -> Bool {
        archive.entries.contains { $0.name.hasSuffix(suffix) }
    }

    static func read(_ archive: ZipArchive) throws -> [NamedArray] {
        var arrays: [NamedArray] = []
        for entry in archive.entries where entry.name.hasSuffix(suffix) {
            let name = String(entry.name.dropLast(suffix.count))
            let file = try archive.file(entry, name: archive.name)
            do {
                let pickle = try file.withUnsafeBytes { bytes throws(NPYError) in
                    try NPYArray.pickle(in: bytes)
                }
                if let pickle {
                    var reader = PickleReader(pickle)
                    let root = try reader.object()
                    var found = PickledArrays(reader.heap, owner: file, separator: "/vars/")
                    try found.collect(root, prefix: name)
                    let own = "__root__/"  // what the model itself owns
                    arrays += found.arrays.map {
                        $0.name.hasPrefix(own)
                            ? $0.renamed(String($0.name.dropFirst(own.count))) : $0
                    }
                } else {
                    let tensor = try file.withUnsafeBytes { bytes throws(NPYError) in
                        try NPYArray.decode(bytes)
                    }
                    arrays.append(NamedArray(name: name, tensor))
                }
            } catch let error as NPYError {
                throw WeightFileError(archive.name, place: entry.name, .damaged("\(error)"))
            } catch let cause as WeightFileError.Cause {
                throw WeightFileError(archive.name, place: entry.name, cause)
            }
        }
        return arrays
    }

    /// Writes arrays; the file appears whole or not at all.
    static func write(_ arrays: [(name: String, tensor: Tensor)], to path: String) throws {
        var writer = try ZipWriter(replacing: path)
        for (name, tensor) in arrays {
            do {
                try writer.add(name + suffix, NPYArray.encode(tensor), alignment: 64)
            } catch let error as NPYError {
                throw WeightFileError(path, place: name, .unsupported("\(error)"))
            }
        }
        try writer.finish()
    }
}
