internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletTensor

/// The datasets of an HDF5 file, or of one group in it.
struct HDF5Arrays: ArrayCollection {
    let file: String
    let names: [String]
    private let datasets: [String: HDF5Dataset]

    /// - Parameter object: a group or a single dataset; nil for the root, or for the only dataset
    ///   wherever it lies.
    init(_ path: String, object: String? = nil) throws(DataError) {
        do {
            let root = try HDF5File(path).root
            var found = try Self.datasets(in: root, object: object)
            if found.isEmpty, object == nil { found = try root.allDatasets() }
            guard !found.isEmpty else {
                throw DataError(file: path, place: object, .missing("datasets"))
            }
            file = path
            datasets = Dictionary(found.map { ($0.name, $0) }) { first, _ in first }
            names = found.map(\.name)
        } catch let error as HDF5Error {
            throw DataError(error)
        } catch let error as DataError {
            throw error
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private static func datasets(
        in root: HDF5Group, object: String?
    ) throws(HDF5Error) -> [HDF5Dataset] {
        let relative = (object ?? "").split(separator: "/").joined(separator: "/")
        var group = root
        if !relative.isEmpty {
            switch try root.child(relative) {
            case .dataset(let dataset): return [dataset]
            case .group(let child): group = child
            }
        }
        var datasets: [HDF5Dataset] = []
        for name in try group.childNames() {
            if case .dataset(let dataset) = try group.child(name) { datasets.append(dataset) }
        }
        return datasets
    }

    func dataset(_ name: String) throws(DataError) -> HDF5Dataset {
        guard let dataset = datasets[name] else {
            throw DataError(
                file: file, .missing("dataset \(quoted(name)) (it has \(listed(names)))"))
        }
        return dataset
    }

    func read(_ name: String) throws(DataError) -> Tensor {
        let dataset = try dataset(name)
        do {
            return try dataset.read()
        } catch {
            throw DataError(error)
        }
    }

    func rows(_ name: String) throws(DataError) -> any RowReader { try dataset(name).rows() }

    /// Writes tensors as datasets of the root.
    static func write(_ tensors: NamedTensors, to path: String) throws(DataError) {
        do {
            try HDF5Writer.write(to: path) { writer in
                for (name, tensor) in tensors { try writer.dataset(name, tensor) }
            }
        } catch let error as HDF5Error {
            throw DataError(error)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

/// A path as the command line takes it: `file.h5`, or `file.h5:/group/dataset`.
package struct DataPath {
    package let file: String
    /// The part after the colon.
    package let object: String?

    /// A file whose own name has a colon goes before one that ends at the colon.
    package init(_ text: String) {
        if PathKind(text) == .missing, let colon = text.lastIndex(of: ":"),
            PathKind(String(text[..<colon])) == .regular
        {
            file = String(text[..<colon])
            object = String(text[text.index(after: colon)...])
        } else {
            file = text
            object = nil
        }
    }
}
