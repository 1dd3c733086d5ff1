internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletNumPy
internal import SwiftletTensor

/// The arrays of an `.npz` file, left on the disk: stored ones where they are, deflated ones unpacked
/// into a file without a name.
struct MappedNPZ: ArrayCollection {
    private let npz: NPZ

    init(_ path: String) throws(DataError) { npz = try NPZ(path) }

    var file: String { npz.file }
    var names: [String] { npz.names }

    func read(_ name: String) throws(DataError) -> Tensor {
        let array = try npz.mapped(name)
        do {
            let layout = try array.withUnsafeBytes { bytes throws(NPYError) in
                try NPYLayout(of: bytes)
            }
            // Texts and columns first: as in memory.
            guard let layout else { return try npz.read(name) }
            return try array.tensor(
                from: layout.offset, shape: layout.shape, dtype: layout.dtype,
                isSwapped: layout.isSwapped)
        } catch let error as NPYError {
            throw DataError(file: file, place: name, DataError.Cause(error))
        } catch let error as DataError {
            throw error
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

/// The datasets of an HDF5 file, left on the disk: plain ones where they are, others unpacked into a file
/// without a name.
struct MappedHDF5: ArrayCollection {
    private let arrays: HDF5Arrays

    init(_ path: String, object: String?) throws(DataError) {
        arrays = try HDF5Arrays(path, object: object)
    }

    var file: String { arrays.file }
    var names: [String] { arrays.names }

    func read(_ name: String) throws(DataError) -> Tensor {
        let dataset = try arrays.dataset(name)
        do {
            guard dataset.dtype != .string, !dataset.shape.isEmpty, try !dataset.isPlain() else {
                return try dataset.read()
            }
            var spool = try TensorSpool(source: file)
            try dataset.forEachBand { try spool.append($0) }
            return try spool.finish(shape: dataset.shape.dimensions, dtype: dataset.dtype)
        } catch let error as HDF5Error {
            throw DataError(error)
        } catch let error as DataError {
            throw error
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
