internal import SwiftletArchive
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletNumPy
package import SwiftletTensor

/// An array of numbers whose bytes come piece by piece, to be written without being in memory.
package struct RowArray {
    package let name: String
    package let dtype: DType
    package let shape: Shape
    /// Calls its argument with all bytes in order, in pieces of whole rows; the same ones each time.
    package let pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void

    package init(
        _ name: String, _ dtype: DType, _ shape: Shape,
        pieces: @escaping ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) {
        (self.name, self.dtype, self.shape, self.pieces) = (name, dtype, shape, pieces)
    }

    /// The array in memory.
    package func tensor() throws -> Tensor {
        try Tensor(shape: shape, dtype: dtype) { bytes in
            var end = 0
            try pieces { piece in
                UnsafeMutableRawBufferPointer(rebasing: bytes[end..<end + piece.count])
                    .copyMemory(from: piece)
                end += piece.count
            }
        }
    }
}

extension DataDestination {
    /// Writes arrays that need not fit in memory; the file appears whole or not at all.
    ///
    /// - Throws: ``DataError`` for the file, and whatever the arrays' pieces throw.
    package func write(_ arrays: [RowArray]) throws {
        do {
            switch format {
            case .npz: try writeNPZ(arrays)
            case .h5, .hdf5:
                try HDF5Writer.write(
                    to: path,
                    arrays.map {
                        HDF5Writer.Streamed($0.name, $0.dtype, $0.shape, pieces: $0.pieces)
                    })
            case .npy: for array in arrays { try writeNPY(array) }
            case .csv: for array in arrays { try writeCSV(array) }
            }
        } catch let error as ArchiveError {
            throw DataError(error)
        } catch let error as HDF5Error {
            throw DataError(error)
        } catch let error as FileError {
            throw DataError(error)
        } catch let error as NPYError {
            throw DataError(file: path, DataError.Cause(error))
        } catch let cause as DataError.Cause {
            throw DataError(file: path, cause)
        } catch let error as TensorError {
            throw DataError(file: path, .tensor(error))
        }
    }

    private func writeNPZ(_ arrays: [RowArray]) throws {
        var writer = try ZipWriter(replacing: path)
        for array in arrays {
            let header = try NPYArray.header(dtype: array.dtype, shape: array.shape)
            try writer.add(array.name + ".npy", compressed: true, alignment: 64) { write in
                try header.withUnsafeBytes(write)
                try array.pieces(write)
            }
        }
        try writer.finish()
    }

    private func writeNPY(_ array: RowArray) throws {
        let file = try AtomicFile(replacing: path)
        try file.write(NPYArray.header(dtype: array.dtype, shape: array.shape))
        try array.pieces { try file.write($0) }
        try file.commit()
    }

    private func writeCSV(_ array: RowArray) throws {
        guard let rows = array.shape.first else {
            throw DataError.Cause.mismatch(
                "a table needs rows, not \(array.dtype) of shape \(array.shape)")
        }
        let file = try AtomicFile(replacing: path)
        let columns = rows == 0 ? 0 : array.shape.elementCount / rows
        let rowBytes = max(1, columns * array.dtype.size)
        var text: [UInt8] = []
        try array.pieces { piece in
            let tensor = try Tensor(
                shape: Shape([piece.count / rowBytes, columns]), dtype: array.dtype
            ) { $0.copyMemory(from: piece) }
            text.removeAll(keepingCapacity: true)
            try CSV.append(tensor, columns: columns, to: &text)
            try file.write(text)
        }
        try file.commit()
    }
}
