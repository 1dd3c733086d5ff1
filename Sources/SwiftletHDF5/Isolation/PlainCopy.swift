internal import CHDF5

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Writes what a file holds into another one, in the plainest form: data in one piece, without filters,
/// types that are not shared.
///
/// Types that no tensor holds get no data, so that the copy's reader meets and refuses them where it
/// would have met them in the file.
struct PlainCopy {
    private let source: hid_t
    private let target: hid_t

    init(from source: hid_t, to target: hid_t) {
        (self.source, self.target) = (source, target)
    }

    func make(_ entries: [LibraryCensus.Entry]) throws(HDF5Error) {
        for entry in entries {
            let place = Place(file: "", object: entry.path)
            let made: Handle
            switch entry.kind {
            case .sameAs(let first):
                try place.check(
                    hdf5.H5Lcreate_hard(
                        target, first, target, entry.path, defaultList, defaultList))
                continue
            case .group where entry.path == "/":
                made = try Handle(
                    hdf5.H5Gopen2(target, "/", defaultList), at: place, close: hdf5.H5Oclose)
            case .group:
                made = try Handle(
                    hdf5.H5Gcreate2(target, entry.path, defaultList, defaultList, defaultList),
                    at: place, close: hdf5.H5Oclose)
            case .dataset: made = try dataset(place, entry.path)
            case .datatype:
                let type = try Handle(
                    hdf5.H5Topen2(source, entry.path, defaultList), at: place, close: hdf5.H5Tclose)
                made = try Handle(chdf5_own_type(type.id), at: place, close: hdf5.H5Tclose)
                try place.check(
                    hdf5.H5Tcommit2(
                        target, entry.path, made.id, defaultList, defaultList, defaultList))
            }
            let object = try Handle(
                hdf5.H5Oopen(source, entry.path, defaultList), at: place, close: hdf5.H5Oclose)
            try attributes(of: object.id, to: made.id, entry.path)
        }
    }

    // MARK: Attributes

    private func attributes(of object: hid_t, to made: hid_t, _ path: String) throws(HDF5Error) {
        for name in try AttributeNames.list(object, Place(file: "", object: path)) {
            let place = Place(file: "", object: "\(path)@\(name)")
            let attribute = try Handle(
                hdf5.H5Aopen(object, name, defaultList), at: place, close: hdf5.H5Aclose)
            let type = try PlainType(hdf5.H5Aget_type(attribute.id), place)
            let space = try Space(hdf5.H5Aget_space(attribute.id), isEmpty: !type.isReadable, place)
            let copy = try Handle(
                hdf5.H5Acreate2(
                    made, name, type.handle.id, space.handle.id, defaultList, defaultList),
                at: place, close: hdf5.H5Aclose)
            try type.withElements(space.elementCount, place) { elements throws(HDF5Error) in
                try place.check(hdf5.H5Aread(attribute.id, type.handle.id, elements))
                try place.check(hdf5.H5Awrite(copy.id, type.handle.id, elements))
            }
        }
    }

    // MARK: Datasets

    private func dataset(_ place: Place, _ path: String) throws(HDF5Error) -> Handle {
        let dataset = try Handle(
            hdf5.H5Dopen2(source, path, defaultList), at: place, close: hdf5.H5Dclose)
        let type = try PlainType(hdf5.H5Dget_type(dataset.id), place)
        let space = try Space(hdf5.H5Dget_space(dataset.id), isEmpty: !type.isReadable, place)
        let list = try Handle(
            hdf5.H5Pcreate(hdf5.H5P_CLS_DATASET_CREATE_ID_g.pointee), at: place,
            close: hdf5.H5Pclose)
        try place.check(hdf5.H5Pset_layout(list.id, H5D_CONTIGUOUS))
        // All elements are written; but strings of their own length cannot do without.
        if type.isReadable, !type.hasOwnStrings {
            try place.check(hdf5.H5Pset_fill_time(list.id, H5D_FILL_TIME_NEVER))
        }
        try place.check(hdf5.H5Pset_obj_track_times(list.id, false))
        let copy = try Handle(
            hdf5.H5Dcreate2(
                target, path, type.handle.id, space.handle.id, defaultList, list.id, defaultList),
            at: place, close: hdf5.H5Dclose)
        guard space.elementCount > 0 else { return copy }
        let rows = try rowsAtOnce(of: dataset, type, space, place)
        guard let length = space.extents.first, rows < length else {
            try type.withElements(space.elementCount, place) { elements throws(HDF5Error) in
                try place.check(hdf5.H5Dread(dataset.id, type.handle.id, 0, 0, 0, elements))
                try place.check(hdf5.H5Dwrite(copy.id, type.handle.id, 0, 0, 0, elements))
            }
            return copy
        }
        var start: hsize_t = 0
        while start < length {
            let count = min(rows, length - start)
            try space.select(rows: start, count, place)
            let part = try space.part(rows: count, place)
            let elements = space.elementCount / Int(length) * Int(count)
            try type.withElements(elements, place) { elements throws(HDF5Error) in
                try place.check(
                    hdf5.H5Dread(dataset.id, type.handle.id, part.id, space.handle.id, 0, elements))
                try place.check(
                    hdf5.H5Dwrite(copy.id, type.handle.id, part.id, space.handle.id, 0, elements))
            }
            start += count
        }
        return copy
    }

    private static let bytesAtOnce = 16 << 20

    /// As many rows as fit, and whole chunks, so that none is unpacked twice.
    private func rowsAtOnce(
        of dataset: borrowing Handle, _ type: borrowing PlainType, _ space: borrowing Space,
        _ place: Place
    ) throws(HDF5Error) -> hsize_t {
        guard let length = space.extents.first, length > 0 else { return 1 }
        let rowBytes = space.elementCount / Int(length) * type.size
        let rows = hsize_t(max(1, Self.bytesAtOnce / max(1, rowBytes)))
        let list = try Handle(hdf5.H5Dget_create_plist(dataset.id), at: place, close: hdf5.H5Pclose)
        guard hdf5.H5Pget_layout(list.id) == H5D_CHUNKED else { return rows }
        var chunk = [hsize_t](repeating: 1, count: space.extents.count)
        try place.check(hdf5.H5Pget_chunk(list.id, Int32(chunk.count), &chunk))
        let height = max(1, chunk.first ?? 1)
        return max(height, rows / height * height)
    }
}

/// A type of elements as it is written and as it lies in memory: bytes are copied as they are.
struct PlainType: ~Copyable {
    let handle: Handle
    let isReadable: Bool
    let size: Int
    let hasOwnStrings: Bool

    /// - Parameter id: taken over.
    init(_ id: hid_t, _ place: Place) throws(HDF5Error) {
        let stored = try Handle(id, at: place, close: hdf5.H5Tclose)
        handle = try Handle(chdf5_own_type(stored.id), at: place, close: hdf5.H5Tclose)
        isReadable = Self.isReadable(stored.id)
        size = hdf5.H5Tget_size(stored.id)
        hasOwnStrings = hdf5.H5Tdetect_class(stored.id, H5T_VLEN) > 0 || Self.isVariable(stored.id)
    }

    /// Whether tensors hold such elements.
    static func isReadable(_ type: hid_t) -> Bool {
        let size = hdf5.H5Tget_size(type)
        switch hdf5.H5Tget_class(type) {
        case H5T_INTEGER: return size <= 8
        case H5T_FLOAT: return size <= 16
        case H5T_STRING: return true
        case H5T_OPAQUE: return size == 2
        case H5T_ENUM: return size == 1 && hdf5.H5Tget_nmembers(type) == 2
        case H5T_ARRAY:
            let element = hdf5.H5Tget_super(type)
            guard element >= 0 else { return false }
            defer { _ = hdf5.H5Tclose(element) }
            return isReadable(element)
        default: return false
        }
    }

    private static func isVariable(_ type: hid_t) -> Bool {
        guard hdf5.H5Tget_class(type) == H5T_ARRAY else { return hdf5.H5Tis_variable_str(type) > 0 }
        let element = hdf5.H5Tget_super(type)
        guard element >= 0 else { return false }
        defer { _ = hdf5.H5Tclose(element) }
        return isVariable(element)
    }

    /// Memory for elements; strings that reading puts into it are given back.
    func withElements(
        _ count: Int, _ place: Place,
        _ body: (UnsafeMutableRawPointer) throws(HDF5Error) -> Void
    ) throws(HDF5Error) {
        guard count > 0, isReadable else { return }
        guard let memory = calloc(count, size) else {
            throw place.error(.tooLarge(bytes: count * size))
        }
        defer { free(memory) }
        guard hasOwnStrings else { return try body(memory) }
        var extent = hsize_t(count)
        let space = try Handle(
            hdf5.H5Screate_simple(1, &extent, nil), at: place, close: hdf5.H5Sclose)
        defer { _ = hdf5.H5Dvlen_reclaim(handle.id, space.id, defaultList, memory) }
        try body(memory)
    }
}

/// The extents of an array as they are now.
struct Space: ~Copyable {
    let handle: Handle
    let extents: [hsize_t]
    let elementCount: Int

    /// - Parameters:
    ///   - id: taken over.
    ///   - isEmpty: whether the copy is declared to hold nothing.
    init(_ id: hid_t, isEmpty: Bool, _ place: Place) throws(HDF5Error) {
        let stored = try Handle(id, at: place, close: hdf5.H5Sclose)
        let isEmpty = isEmpty || hdf5.H5Sget_simple_extent_type(stored.id) == H5S_NULL
        let rank = isEmpty ? 0 : try place.check(hdf5.H5Sget_simple_extent_ndims(stored.id))
        var extents = [hsize_t](repeating: 0, count: Int(rank))
        if rank > 0 { try place.check(hdf5.H5Sget_simple_extent_dims(stored.id, &extents, nil)) }
        let made =
            rank > 0
            ? hdf5.H5Screate_simple(rank, extents, nil)
            : hdf5.H5Screate(isEmpty ? H5S_NULL : H5S_SCALAR)
        let count = hdf5.H5Sget_simple_extent_npoints(made)
        handle = try Handle(made, at: place, close: hdf5.H5Sclose)
        self.extents = extents
        elementCount = Int(max(0, count))
    }

    /// Rows of the outermost axis, of source and copy alike.
    func select(rows start: hsize_t, _ count: hsize_t, _ place: Place) throws(HDF5Error) {
        var starts = [hsize_t](repeating: 0, count: extents.count)
        var counts = extents
        starts[0] = start
        counts[0] = count
        try place.check(
            hdf5.H5Sselect_hyperslab(handle.id, H5S_SELECT_SET, starts, nil, counts, nil))
    }

    /// So many rows by themselves, in memory.
    func part(rows: hsize_t, _ place: Place) throws(HDF5Error) -> Handle {
        var extents = extents
        extents[0] = rows
        return try Handle(
            hdf5.H5Screate_simple(Int32(extents.count), extents, nil), at: place,
            close: hdf5.H5Sclose)
    }
}
