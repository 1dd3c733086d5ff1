internal import CHDF5
package import SwiftletTensor

/// An array in an open file. Its shape and type are known before its bytes are read.
package struct HDF5Dataset: Sendable {
    /// Absolute.
    package let path: String
    package let shape: Shape
    package let dtype: DType
    let session: HDF5Session

    init(path: String, session: HDF5Session) throws(HDF5Error) {
        self.path = path
        self.session = session
        (shape, dtype) = try session.open(path, .dataset) { (dataset, place) throws(HDF5Error) in
            let content = try session.content(of: dataset, place)
            return (content.shape, content.type.dtype)
        }
    }

    /// What the file is called.
    package var file: String { session.name }

    /// The last part of the path.
    package var name: String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// The elements, in row-major order, in this machine's byte order.
    ///
    /// - Throws: ``HDF5Error``: data outside the file, a foreign filter, more bytes declared than
    ///   stored ones can unpack to, or what the library finds damaged.
    package func read() throws(HDF5Error) -> Tensor {
        try session.open(path, .dataset) { (dataset, place) throws(HDF5Error) in
            let space = try Handle(H5Dget_space(dataset), at: place, close: H5Sclose)
            return try session.content(of: dataset, place).read(place, space: space) {
                H5Dread(dataset, $0, defaultList, defaultList, defaultList, $1)
            }
        }
    }

    package func attributeNames() throws(HDF5Error) -> [String] {
        try session.attributeNames(of: path, .dataset)
    }

    /// An attribute's value: numbers or strings, of rank 0 for a scalar; nil if there is none.
    package func attribute(_ name: String) throws(HDF5Error) -> Tensor? {
        try session.attribute(name, of: path, .dataset)
    }
}

extension HDF5Session {
    func content(of dataset: hid_t, _ place: Place) throws(HDF5Error) -> Content {
        let storage = try storage(of: dataset, place)
        let space = try Handle(H5Dget_space(dataset), at: place, close: H5Sclose)
        let type = try Handle(H5Dget_type(dataset), at: place, close: H5Tclose)
        return Content(
            shape: try shape(of: space, place), type: try ElementType(type, place),
            byteLimit: storage)
    }

    /// Refuses data that does not lie in this file or needs foreign code, and tells how many bytes
    /// the stored ones can amount to.
    private func storage(of dataset: hid_t, _ place: Place) throws(HDF5Error) -> Int {
        let list = try Handle(H5Dget_create_plist(dataset), at: place, close: H5Pclose)
        let layout = H5Pget_layout(list.id)
        if layout == H5D_VIRTUAL { throw place.error(.unsupported("a virtual dataset")) }
        guard try place.check(H5Pget_external_count(list.id)) == 0 else {
            throw place.error(.unsupported("data in another file"))
        }
        let isCompressed = try checkFilters(list, place)
        let stored = Int(clamping: H5Dget_storage_size(dataset))
        guard stored <= byteCount else { throw place.error(.tooLarge(bytes: stored)) }
        let limit = Self.unpackedLimit(of: stored, isCompressed: isCompressed)
        if layout == H5D_CHUNKED {
            let type = try Handle(H5Dget_type(dataset), at: place, close: H5Tclose)
            try checkChunk(list, elementSize: H5Tget_size(type.id), limit: limit, place)
        }
        return limit
    }

    /// Whether deflate is among the filters.
    private func checkFilters(
        _ list: borrowing Handle, _ place: Place
    ) throws(HDF5Error) -> Bool {
        var isCompressed = false
        for index in 0..<(try place.check(H5Pget_nfilters(list.id))) {
            var flags: UInt32 = 0
            var parameterCount = 0
            let filter = H5Pget_filter2(
                list.id, UInt32(index), &flags, &parameterCount, nil, 0, nil, nil)
            switch filter {
            case H5Z_FILTER_DEFLATE: isCompressed = true
            case H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32: break
            default: throw place.error(.unsupported("compression filter \(filter)"))
            }
        }
        return isCompressed
    }

    /// The library takes memory for a whole chunk, however little of it the dataset covers.
    private func checkChunk(
        _ list: borrowing Handle, elementSize: Int, limit: Int, _ place: Place
    ) throws(HDF5Error) {
        let rank = try place.check(H5Pget_chunk(list.id, 0, nil))
        var extents = [hsize_t](repeating: 0, count: Int(rank))
        try place.check(H5Pget_chunk(list.id, rank, &extents))
        var bytes = elementSize
        for extent in extents {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: Int(clamping: extent))
            bytes = overflow ? .max : product
        }
        guard bytes <= limit else { throw place.error(.tooLarge(bytes: bytes)) }
    }

    /// Parts never written read as zeros, so a little is free. Beyond it, plain data needs its own
    /// size in the file, and deflate is a bomb where it packs better than weights or images can.
    private static func unpackedLimit(of stored: Int, isCompressed: Bool) -> Int {
        let free = 1 << 20
        guard isCompressed else { return max(free, stored) }
        let mostThatDeflatePacks = 1032
        let bombRatio = 200
        return max(free, min(stored * mostThatDeflatePacks, max(1 << 30, stored * bombRatio)))
    }
}
