internal import CHDF5
internal import SwiftletTensor

/// Finding objects by path, one hard link at a time.
extension HDF5Session {
    enum Kind: Sendable {
        case group, dataset
    }

    /// - Throws: ``HDF5Error/Cause/missing`` or the refusal of a link that leads elsewhere.
    func kind(of path: String) throws(HDF5Error) -> Kind {
        try HDF5Library.locked { () throws(HDF5Error) in
            let place = Place(file: name, object: path)
            return try resolve(path, place).kind
        }
    }

    /// Runs `body` on the opened object of the kind that the caller expects, under the lock.
    func open<Result>(
        _ path: String, _ expected: Kind,
        _ body: (hid_t, Place) throws(HDF5Error) -> Result
    ) throws(HDF5Error) -> Result {
        try HDF5Library.locked { () throws(HDF5Error) in
            let place = Place(file: name, object: path)
            let object = try resolve(path, place)
            guard object.kind == expected else {
                throw place.error(
                    .wrongKind(expected: expected == .group ? "a group" : "a dataset"))
            }
            return try body(object.handle.id, place)
        }
    }

    private struct Object: ~Copyable {
        let handle: Handle
        let kind: Kind
    }

    private func resolve(_ path: String, _ place: Place) throws(HDF5Error) -> Object {
        guard !path.utf8.contains(0) else { throw place.error(.missing) }
        var object = Object(
            handle: try Handle(H5Oopen(id, "/", defaultList), at: place, close: H5Oclose),
            kind: .group)
        for part in path.split(separator: "/") where part != "." {
            guard object.kind == .group else { throw place.error(.missing) }
            object = try step(from: object.handle, to: String(part), place)
        }
        return object
    }

    private func step(
        from group: borrowing Handle, to name: String, _ place: Place
    ) throws(HDF5Error) -> Object {
        switch chdf5_link_type(group.id, name) {
        case Int32(H5L_TYPE_HARD.rawValue): break
        case Int32(H5L_TYPE_SOFT.rawValue): throw place.error(.unsupported("a soft link"))
        case Int32(H5L_TYPE_EXTERNAL.rawValue):
            throw place.error(.unsupported("a link to another file"))
        case ..<0:
            // The library's lookup of a damaged group fails like that of an absent name.
            throw place.error(
                H5Lexists(group.id, name, defaultList) < 0
                    ? .library(HDF5Library.errorText()) : .missing)
        default: throw place.error(.unsupported("a user-defined link"))
        }
        let handle = try Handle(
            H5Oopen(group.id, name, defaultList), at: place, close: H5Oclose)
        switch H5Iget_type(handle.id) {
        case H5I_GROUP: return Object(handle: handle, kind: .group)
        case H5I_DATASET: return Object(handle: handle, kind: .dataset)
        default: throw place.error(.unsupported("a named datatype"))
        }
    }
}

/// Attributes of groups and datasets.
extension HDF5Session {
    func attributeNames(of path: String, _ kind: Kind) throws(HDF5Error) -> [String] {
        try open(path, kind) { (object, place) throws(HDF5Error) in
            var names = NameList()
            try place.check(names.collect { chdf5_attributes(object, $0, $1) })
            return try names.validated(place)
        }
    }

    func attribute(_ name: String, of path: String, _ kind: Kind) throws(HDF5Error) -> Tensor? {
        try open(path, kind) { (object, place) throws(HDF5Error) in
            let place = Place(file: place.file, object: "\(path)@\(name)")
            guard !name.utf8.contains(0) else { return nil }
            guard try place.check(H5Aexists(object, name)) > 0 else { return nil }
            let attribute = try Handle(
                H5Aopen(object, name, defaultList), at: place, close: H5Aclose)
            let type = try Handle(H5Aget_type(attribute.id), at: place, close: H5Tclose)
            let space = try Handle(H5Aget_space(attribute.id), at: place, close: H5Sclose)
            let content = Content(
                shape: try shape(of: space, place), type: try ElementType(type, place),
                byteLimit: byteCount)
            return try content.read(place, space: space) { memoryType, buffer in
                H5Aread(attribute.id, memoryType, buffer)
            }
        }
    }

    /// The extents of a dataspace; `[0]` where it is declared to hold nothing.
    func shape(of space: borrowing Handle, _ place: Place) throws(HDF5Error) -> Shape {
        guard H5Sget_simple_extent_type(space.id) != H5S_NULL else { return [0] }
        let rank = Int(try place.check(H5Sget_simple_extent_ndims(space.id)))
        var extents = [hsize_t](repeating: 0, count: rank)
        try place.check(H5Sget_simple_extent_dims(space.id, &extents, nil))
        do {
            return try Shape(extents.map { Int(clamping: $0) })
        } catch {
            throw place.error(.damaged("\(error)"))
        }
    }
}
