internal import CHDF5
internal import SwiftletLimits

/// What a file holds, found and checked before any of its data is read.
struct LibraryCensus {
    struct Entry {
        enum Kind {
            case group
            case dataset
            case datatype
            /// A dataset that has been met under this path already.
            case sameAs(String)
        }
        let path: String
        let kind: Kind
    }

    private var entries: [Entry] = []
    private var objectsLeft = HDF5Limits.mostObjects
    private var bytesLeft: Int
    /// Paths of the groups and datasets met so far, by where they lie.
    private var known: [UInt64: String] = [:]

    init(_ limits: IsolationLimits) { bytesLeft = limits.contentBytes }

    /// All objects, each after the group that holds it; the root is the first.
    ///
    /// - Throws: ``HDF5Error`` for what is refused wherever it stands: links that lead elsewhere, data in other
    ///   files, foreign filters, a group that is reached twice, too much of anything.
    mutating func entries(of file: borrowing Handle) throws(HDF5Error) -> [Entry] {
        try visit(
            try Handle(
                hdf5.H5Oopen(file.id, "/", defaultList), at: place("/"), close: hdf5.H5Oclose),
            "/", depth: 0)
        return entries
    }

    private func place(_ path: String) -> Place { Place(file: "", object: path) }

    private mutating func visit(
        _ object: borrowing Handle, _ path: String, depth: Int
    ) throws(HDF5Error) {
        let place = place(path)
        var address: UInt64 = 0
        let type = try place.check(chdf5_object_type(object.id, &address))
        if let first = known.updateValue(path, forKey: address) {
            known[address] = first
            guard type == Int32(H5O_TYPE_DATASET.rawValue) else {
                throw place.error(.unsupported("a group or type that is reached twice"))
            }
            entries.append(Entry(path: path, kind: .sameAs(first)))
            return
        }
        for name in try AttributeNames.list(object.id, place) {
            try count(attribute: name, of: object, place)
        }
        switch type {
        case Int32(H5O_TYPE_GROUP.rawValue):
            entries.append(Entry(path: path, kind: .group))
            try limiting(place) { () throws(LimitError) in try Limits.check(.nesting, depth + 1) }
            try visitChildren(of: object, path, depth: depth)
        case Int32(H5O_TYPE_DATASET.rawValue):
            try check(dataset: object, place)
            entries.append(Entry(path: path, kind: .dataset))
        case Int32(H5O_TYPE_NAMED_DATATYPE.rawValue):
            entries.append(Entry(path: path, kind: .datatype))
        default: throw place.error(.damaged("an object of unknown kind"))
        }
    }

    private mutating func visitChildren(
        of group: borrowing Handle, _ path: String, depth: Int
    ) throws(HDF5Error) {
        let links = try LinkNames.list(group.id, atMost: objectsLeft, place(path))
        objectsLeft -= links.count
        for (name, type) in links {
            let childPath = path == "/" ? "/\(name)" : "\(path)/\(name)"
            let place = place(childPath)
            switch type {
            case Int32(H5L_TYPE_HARD.rawValue): break
            case Int32(H5L_TYPE_SOFT.rawValue): throw place.error(.unsupported("a soft link"))
            case Int32(H5L_TYPE_EXTERNAL.rawValue):
                throw place.error(.unsupported("a link to another file"))
            default: throw place.error(.unsupported("a user-defined link of type \(type)"))
            }
            let child = try Handle(
                hdf5.H5Oopen(group.id, name, defaultList), at: place, close: hdf5.H5Oclose)
            try visit(child, childPath, depth: depth + 1)
        }
    }

    // MARK: Datasets and attributes

    private mutating func check(
        dataset: borrowing Handle, _ place: Place
    ) throws(HDF5Error) {
        let list = try Handle(hdf5.H5Dget_create_plist(dataset.id), at: place, close: hdf5.H5Pclose)
        if hdf5.H5Pget_layout(list.id) == H5D_VIRTUAL {
            throw place.error(.unsupported("a virtual dataset"))
        }
        if try place.check(hdf5.H5Pget_external_count(list.id)) > 0 {
            throw place.error(.unsupported("data in another file"))
        }
        let filters = try place.check(hdf5.H5Pget_nfilters(list.id))
        for index in 0..<filters {
            let number = try place.check(chdf5_filter(list.id, UInt32(index)))
            // Deflate, shuffle, Fletcher's checksum, szip, n-bit, scale-offset: what libhdf5 brings itself.
            guard (1...6).contains(number), hdf5.H5Zfilter_avail(number) > 0 else {
                throw place.error(.unsupported(FilterPipeline.words(for: Int(number))))
            }
        }
        let bytes = try count(
            Handle(hdf5.H5Dget_type(dataset.id), at: place, close: hdf5.H5Tclose),
            Handle(hdf5.H5Dget_space(dataset.id), at: place, close: hdf5.H5Sclose), place)
        guard filters > 0 else { return }
        try limiting(place) { () throws(LimitError) in try Limits.check(.decompressedBytes, bytes) }
    }

    private func limiting(
        _ place: Place, _ check: () throws(LimitError) -> Void
    ) throws(HDF5Error) {
        do {
            try check()
        } catch {
            throw place.error(.limit(error))
        }
    }

    private mutating func count(
        attribute name: String, of object: borrowing Handle, _ owner: Place
    ) throws(HDF5Error) {
        let place = Place(file: "", object: "\(owner.object ?? "")@\(name)")
        let attribute = try Handle(
            hdf5.H5Aopen(object.id, name, defaultList), at: place, close: hdf5.H5Aclose)
        try count(
            Handle(hdf5.H5Aget_type(attribute.id), at: place, close: hdf5.H5Tclose),
            Handle(hdf5.H5Aget_space(attribute.id), at: place, close: hdf5.H5Sclose), place)
    }

    /// Takes the bytes of an array from what all of them may have together.
    @discardableResult
    private mutating func count(
        _ type: consuming Handle, _ space: consuming Handle, _ place: Place
    ) throws(HDF5Error) -> Int {
        guard PlainType.isReadable(type.id) else { return 0 }
        let elements = hdf5.H5Sget_simple_extent_npoints(space.id)
        guard elements >= 0, let bytes = product([Int(elements), hdf5.H5Tget_size(type.id)]) else {
            throw place.error(.tooLarge(bytes: .max))
        }
        guard bytes <= bytesLeft else { throw place.error(.tooLarge(bytes: bytes)) }
        bytesLeft -= bytes
        return bytes
    }
}

/// The names of a group's links, with their kinds.
enum LinkNames {
    private struct List {
        var links: [(name: String, type: Int32)] = []
        var left: Int
        var isUTF8 = true
    }

    static func list(
        _ group: hid_t, atMost most: Int, _ place: Place
    ) throws(HDF5Error) -> [(name: String, type: Int32)] {
        var list = List(left: most)
        let result = withUnsafeMutablePointer(to: &list) { list in
            chdf5_for_each_link(
                group,
                { name, type, context in
                    guard let list = context?.assumingMemoryBound(to: List.self),
                        list.pointee.left > 0
                    else { return -1 }
                    guard let text = String(validatingCString: name) else {
                        list.pointee.isUTF8 = false
                        return -1
                    }
                    list.pointee.left -= 1
                    list.pointee.links.append((text, type))
                    return 0
                }, list)
        }
        guard list.isUTF8 else { throw place.error(.damaged("a name that is not UTF-8")) }
        guard list.left > 0 || result >= 0 else {
            throw place.error(.unsupported("such a number of objects"))
        }
        try place.check(result)
        return list.links
    }
}

/// The names of an object's attributes.
enum AttributeNames {
    private struct List {
        var names: [String] = []
        var isUTF8 = true
    }

    private static let most = 1_000_000

    static func list(_ object: hid_t, _ place: Place) throws(HDF5Error) -> [String] {
        var list = List()
        var index: hsize_t = 0
        let result = withUnsafeMutablePointer(to: &list) { list in
            hdf5.H5Aiterate2(
                object, H5_INDEX_NAME, H5_ITER_INC, &index,
                { _, name, _, context in
                    guard let list = context?.assumingMemoryBound(to: List.self), let name,
                        list.pointee.names.count < AttributeNames.most
                    else { return -1 }
                    guard let text = String(validatingCString: name) else {
                        list.pointee.isUTF8 = false
                        return -1
                    }
                    list.pointee.names.append(text)
                    return 0
                }, list)
        }
        guard list.isUTF8 else {
            throw place.error(.damaged("an attribute's name that is not UTF-8"))
        }
        guard list.names.count < most else {
            throw place.error(.unsupported("such a number of attributes"))
        }
        try place.check(result)
        return list.names
    }
}
