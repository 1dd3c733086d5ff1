package import SwiftletTensor

/// An array in an open file. Its shape and type are known before its bytes are read.
package struct HDF5Dataset: Sendable {
    /// Absolute.
    package let path: String
    package let shape: Shape
    package let dtype: DType
    private let session: HDF5Session
    private let object: StoredObject
    private let array: StoredArray

    init(path: String, _ object: StoredObject, _ session: HDF5Session) throws(HDF5Error) {
        self.path = path
        self.session = session
        self.object = object
        array = try session.perform(
            .init(part: .description, address: object.address), at: path
        ) { (reading) throws(Refusal) in try StoredArray(object.header, reading) }
        shape = array.shape
        dtype = array.type.dtype
    }

    /// What the file is called.
    package var file: String { session.name }

    /// The last part of the path.
    package var name: String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// The elements, in row-major order, in this machine's byte order. Plain data that suits a
    /// tensor is not copied: the tensor then keeps the file mapped.
    ///
    /// - Throws: ``HDF5Error``: data outside the file, a foreign filter, more bytes declared than
    ///   stored ones can unpack to, or what is damaged.
    package func read() throws(HDF5Error) -> Tensor {
        try session.perform(.init(part: .elements, address: object.address), at: path) {
            (reading) throws(Refusal) in
            let reader = TensorReader(type: array.type, shape: shape, heap: session.heap)
            if let range = try array.contiguousBytes(reading) {
                return try reader.tensor(of: range, reading)
            }
            let parts = try array.parts(reading)
            return try reader.tensor(byteCount: array.byteCount(), reading) {
                (buffer) throws(Refusal) in try array.assemble(parts, into: buffer, reading)
            }
        }
    }

    /// Whether the elements lie in one piece as a tensor has them, so that ``read()`` leaves them in the
    /// file.
    package func isPlain() throws(HDF5Error) -> Bool {
        guard array.type.scalar.isNative else { return false }
        return try session.perform(.init(part: .elements, address: object.address), at: path) {
            (reading) throws(Refusal) in try array.contiguousBytes(reading) != nil
        }
    }

    /// Reads the outermost axis piece by piece, for arrays that do not fit in memory.
    ///
    /// - Throws: ``HDF5Error`` as ``read()``, or what `body` throws.
    package func forEachBand(_ body: (Tensor) throws -> Void) throws {
        guard let bands = try bands() else { return try body(read()) }
        for number in 0..<bands.count {
            let tensor = try bands.read(number)
            try body(tensor)
            tensor.releasePages()
        }
    }

    /// The outermost axis in pieces that are read one by one, each of as many rows as the file keeps
    /// together.
    package struct Bands: Sendable {
        /// Rows of each; the last may have fewer.
        package let rows: Int
        package let count: Int
        fileprivate let bands: StoredArray.Bands
        fileprivate let dataset: HDF5Dataset

        package func read(_ number: Int) throws(HDF5Error) -> Tensor {
            let operation = HDF5Session.Operation(
                part: .elements, address: dataset.object.address)
            return try dataset.session.perform(operation, at: dataset.path) {
                (reading) throws(Refusal) in
                try dataset.array.tensor(of: number, in: bands, dataset.session.heap, reading)
            }
        }
    }

    /// Nil where no bytes were ever written: all of it is fill values.
    package func bands() throws(HDF5Error) -> Bands? {
        let operation = HDF5Session.Operation(part: .elements, address: object.address)
        let bands = try session.perform(operation, at: path) { (reading) throws(Refusal) in
            try array.bands(reading)
        }
        return bands.map { Bands(rows: $0.rows, count: $0.count, bands: $0, dataset: self) }
    }

    /// The names of the dataset's attributes, sorted.
    package func attributeNames() throws(HDF5Error) -> [String] {
        try session.orFromCopy { () throws(HDF5Error) in
            try object.attributes(session, path: path).names
        } _: { root throws(HDF5Error) in
            try root.dataset(path).attributeNames()
        }
    }

    /// An attribute's value: numbers or strings, of rank 0 for a scalar; nil if there is none.
    package func attribute(_ name: String) throws(HDF5Error) -> Tensor? {
        try session.orFromCopy { () throws(HDF5Error) in
            try object.attribute(name, session, path: path)
        } _: { root throws(HDF5Error) in
            try root.dataset(path).attribute(name)
        }
    }
}
