public import SwiftletDataset

/// Where predictions go: `.npz` and `.h5` for any number of arrays, `.npy` and `.csv` for one.
public struct DataDestination: Sendable {
    enum Format: String, CaseIterable {
        case npz, npy, csv, h5, hdf5
    }

    public let path: String
    let format: Format

    /// Decides by the suffix, so that a wrong one is known before any work is done.
    ///
    /// - Throws: ``DataError`` for another suffix, or several arrays for a format of one.
    public init(_ path: String, arrayCount: Int) throws(DataError) {
        let name = path.lowercased()
        guard let format = Format.allCases.first(where: { name.hasSuffix(".\($0.rawValue)") })
        else {
            throw DataError(
                file: path, .wrongFormat(expected: "the name of a .npz, .npy, .csv or .h5 file"))
        }
        guard arrayCount == 1 || format != .npy && format != .csv else {
            throw DataError(
                file: path, .mismatch(".\(format) holds one array, not \(arrayCount); use .npz"))
        }
        self.path = path
        self.format = format
    }

    /// Writes the arrays; the file appears whole or not at all.
    public func write(_ tensors: NamedTensors) throws(DataError) {
        switch format {
        case .npz: try NPZ.write(tensors, to: path)
        case .h5, .hdf5: try HDF5Arrays.write(tensors, to: path)
        case .npy: for (_, tensor) in tensors { try NPY.write(tensor, to: path) }
        case .csv: for (_, tensor) in tensors { try CSV.write(tensor, to: path) }
        }
    }
}
