internal import SwiftletLimits
package import SwiftletTensor

/// A group of an open file: a folder of groups and datasets, with attributes.
package struct HDF5Group: Sendable {
    /// Absolute, `/` for the root.
    package let path: String
    private let session: HDF5Session
    private let object: StoredObject

    init(path: String, _ object: StoredObject, _ session: HDF5Session) {
        self.path = path
        self.object = object
        self.session = session
    }

    /// One object below a group.
    package enum Child: Sendable {
        case group(HDF5Group)
        case dataset(HDF5Dataset)
    }

    /// The names of what the group holds, sorted.
    package func childNames() throws(HDF5Error) -> [String] {
        try session.orFromCopy { () throws(HDF5Error) in
            try object.links(session, path: path).names
        } _: { root throws(HDF5Error) in
            try root.group(path).childNames()
        }
    }

    /// Whether there is an object at a path relative to this group.
    package func contains(_ relative: String) -> Bool {
        let found = try? session.orFromCopy { () throws(HDF5Error) in
            switch try resolve(relative).object.kind {
            case .group, .dataset: true
            default: false
            }
        } _: { root throws(HDF5Error) in
            root.contains(absolute(relative))
        }
        return found ?? false
    }

    /// The object at a relative path, which may have slashes.
    ///
    /// - Throws: ``HDF5Error/Cause/missing``, or what is refused on the way to it.
    package func child(_ relative: String) throws(HDF5Error) -> Child {
        try session.orFromCopy { () throws(HDF5Error) in
            try ownChild(relative)
        } _: { root throws(HDF5Error) in
            try root.ownChild(absolute(relative))
        }
    }

    private func ownChild(_ relative: String) throws(HDF5Error) -> Child {
        let (path, object) = try resolve(relative)
        switch object.kind {
        case .group: return .group(HDF5Group(path: path, object, session))
        case .dataset: return .dataset(try HDF5Dataset(path: path, object, session))
        case .datatype: throw error(path, .unsupported("a named datatype"))
        case .unknown: throw error(path, .damaged("an object of unknown kind"))
        }
    }

    package func group(_ relative: String) throws(HDF5Error) -> HDF5Group {
        guard case .group(let group) = try child(relative) else {
            throw error(absolute(relative), .wrongKind(expected: "a group"))
        }
        return group
    }

    package func dataset(_ relative: String) throws(HDF5Error) -> HDF5Dataset {
        guard case .dataset(let dataset) = try child(relative) else {
            throw error(absolute(relative), .wrongKind(expected: "a dataset"))
        }
        return dataset
    }

    /// Every dataset below this group, depth first, groups in the order of their names.
    ///
    /// - Throws: ``HDF5Error/Cause/unsupported(_:)`` where a group holds itself, beyond 64 levels
    ///   or a million objects.
    package func allDatasets() throws(HDF5Error) -> [HDF5Dataset] {
        var datasets: [HDF5Dataset] = []
        var objectsLeft = HDF5Limits.mostObjects
        try collect(into: &datasets, above: [], objectsLeft: &objectsLeft)
        return datasets
    }

    /// - Parameter above: the groups around this one.
    private func collect(
        into datasets: inout [HDF5Dataset], above: [StoredObject], objectsLeft: inout Int
    ) throws(HDF5Error) {
        guard !above.contains(where: { $0 === object }) else {
            throw error(path, .unsupported("a group that holds itself"))
        }
        let names = try childNames()
        objectsLeft -= names.count
        guard objectsLeft >= 0 else { throw error(path, .unsupported("so many objects")) }
        do {
            try Limits.check(.nesting, above.count + 1)
        } catch let limit {
            throw error(path, .limit(limit))
        }
        for name in names {
            switch try child(name) {
            case .dataset(let dataset): datasets.append(dataset)
            case .group(let group):
                try group.collect(
                    into: &datasets, above: above + [object], objectsLeft: &objectsLeft)
            }
        }
    }

    /// The names of the group's attributes, sorted.
    package func attributeNames() throws(HDF5Error) -> [String] {
        try session.orFromCopy { () throws(HDF5Error) in
            try object.attributes(session, path: path).names
        } _: { root throws(HDF5Error) in
            try root.group(path).attributeNames()
        }
    }

    /// An attribute's value: numbers or strings, of rank 0 for a scalar; nil if there is none.
    package func attribute(_ name: String) throws(HDF5Error) -> Tensor? {
        try session.orFromCopy { () throws(HDF5Error) in
            try object.attribute(name, session, path: path)
        } _: { root throws(HDF5Error) in
            try root.group(path).attribute(name)
        }
    }

    /// Follows hard links, one name at a time.
    private func resolve(
        _ relative: String
    ) throws(HDF5Error) -> (path: String, object: StoredObject) {
        let path = absolute(relative)
        var object = object
        for part in relative.split(separator: "/") where part != "." {
            guard object.kind == .group else { throw error(path, .missing) }
            guard let link = try object.links(session, path: path)[String(part)] else {
                throw error(path, .missing)
            }
            let address: Int
            do {
                address = try link.address
            } catch {
                throw self.error(path, error.cause)
            }
            object = try session.object(at: address, path: path)
        }
        return (path, object)
    }

    private func absolute(_ relative: String) -> String {
        let relative = relative.drop { $0 == "/" }
        return path == "/" ? "/\(relative)" : "\(path)/\(relative)"
    }

    private func error(_ path: String, _ cause: HDF5Error.Cause) -> HDF5Error {
        HDF5Error(session.name, object: path, cause)
    }
}
