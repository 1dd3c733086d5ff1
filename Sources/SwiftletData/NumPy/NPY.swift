internal import SwiftletNumPy
public import SwiftletTensor

/// The `.npy` format: one array, with its type and shape.
public enum NPY {
    /// The array in a file.
    public static func read(_ path: String) throws(DataError) -> Tensor {
        try DataError.reading(path) { bytes throws(DataError.Cause) in try decode(bytes) }
    }

    /// Writes one array to a file, which appears whole or not at all.
    public static func write(_ tensor: Tensor, to path: String) throws(DataError) {
        try DataError.writing(path) { () throws(DataError.Cause) in try encode(tensor) }
    }

    package static func decode(_ bytes: UnsafeRawBufferPointer) throws(DataError.Cause) -> Tensor {
        do {
            return try NPYArray.decode(bytes)
        } catch {
            throw DataError.Cause(error)
        }
    }

    package static func encode(_ tensor: Tensor) throws(DataError.Cause) -> [UInt8] {
        do {
            return try NPYArray.encode(tensor)
        } catch {
            throw DataError.Cause(error)
        }
    }
}
