internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletNumPy

/// What a data file is: by its first bytes where they tell, otherwise by its name.
enum DataFormat: Equatable {
    case npy, npz, csv, hdf5, idx, cifar, image, folder

    init(_ path: String) throws(DataError) {
        if PathKind(path) == .directory {
            self = .folder
            return
        }
        let content = try DataError.reading(path) { bytes throws(DataError.Cause) in
            Self.content(bytes)
        }
        let suffixes: [(String, DataFormat)] = [
            (".npy", .npy), (".npz", .npz), (".csv", .csv), (".tsv", .csv), (".txt", .csv),
            (".h5", .hdf5), (".hdf5", .hdf5), (".bin", .cifar), (".gz", .idx), (".idx", .idx),
            ("ubyte", .idx), (".png", .image), (".jpg", .image), (".jpeg", .image),
            (".bmp", .image), (".ppm", .image), (".pgm", .image),
        ]
        let name = path.lowercased()
        guard let format = content ?? suffixes.first(where: { name.hasSuffix($0.0) })?.1 else {
            throw DataError(
                file: path,
                .wrongFormat(
                    expected:
                        "a kind of data file that is known (.npz, .npy, .csv, .h5, IDX, CIFAR, "
                        + "images)"))
        }
        self = format
    }

    private static func content(_ bytes: UnsafeRawBufferPointer) -> DataFormat? {
        if NPYArray.isNPY(bytes) { return .npy }
        if bytes.starts(with: [0x50, 0x4b, 3, 4]) || bytes.starts(with: [0x50, 0x4b, 5, 6]) {
            return .npz
        }
        if HDF5File.hasSignature(bytes) { return .hdf5 }
        if Gzip.isPacked(bytes) || IDX.isIDX(bytes) { return .idx }
        // Two letters are too little evidence against a name such as `P1.csv`.
        switch ImageFormat(startOf: bytes) {
        case .png, .jpeg, .webp, .other: return .image
        case .bmp, .netpbm, nil: return nil
        }
    }
}
