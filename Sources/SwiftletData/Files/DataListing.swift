internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletHDF5
package import SwiftletTensor

/// The arrays in a data file, with their types and shapes.
package struct DataListing: Sendable {
    package struct Entry: Sendable {
        package let name: String
        package let dtype: DType
        package let shape: Shape
    }

    /// The kind of file, in words.
    package let format: String
    package let entries: [Entry]

    package init(_ path: String) throws(DataError) {
        let place = DataPath(path)
        switch try DataFormat(place.file) {
        case .hdf5:
            format = "HDF5"
            do {
                entries = try HDF5File(place.file).root.allDatasets().map {
                    Entry(name: $0.path, dtype: $0.dtype, shape: $0.shape)
                }
            } catch {
                throw DataError(error)
            }
        case .npz:
            format = "NumPy .npz"
            entries = try NPZ.read(path).map(Self.entry)
        case .npy:
            format = "NumPy .npy"
            entries = [Self.entry((name: "", tensor: try NPY.read(path)))]
        case .csv:
            format = "table"
            let table = try CSV.read(path)
            let shape = Shape.vector(table.rowCount)
            entries = (0..<table.columnCount).map {
                Entry(
                    name: table.columnNames?[$0] ?? String($0), dtype: .float64, shape: shape)
            }
        case .idx:
            format = "IDX"
            entries = [Self.entry((name: "", tensor: try IDX.read(path)))]
        case .cifar:
            format = "CIFAR"
            let data = try CIFAR.read(path)
            entries = (Array(data.inputs) + Array(data.targets)).map(Self.entry)
        case .image:
            format = "picture"
            entries = [Self.entry((name: "", tensor: try ImageFile.read(path)))]
        case .folder:
            format = "folder of pictures"
            var all: [Entry] = []
            for name in try ImageFolder.names(in: path) {
                all.append(Self.entry((name: name, tensor: try ImageFile.read(path + "/" + name))))
            }
            guard !all.isEmpty else { throw DataError(file: path, .missing("pictures")) }
            entries = all
        }
    }

    private static func entry(_ array: (name: String, tensor: Tensor)) -> Entry {
        Entry(name: array.name, dtype: array.tensor.dtype, shape: array.tensor.shape)
    }
}
