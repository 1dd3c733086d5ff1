internal import CHDF5
package import SwiftletTensor

/// A group of an open file: a folder of groups and datasets, with attributes.
package struct HDF5Group: Sendable {
    /// Absolute, `/` for the root.
    package let path: String
    let session: HDF5Session

    /// One object below a group.
    package enum Child: Sendable {
        case group(HDF5Group)
        case dataset(HDF5Dataset)
    }

    /// The names of what the group holds, sorted.
    package func childNames() throws(HDF5Error) -> [String] {
        try session.open(path, .group) { (group, place) throws(HDF5Error) in
            var names = NameList()
            try place.check(names.collect { chdf5_links(group, $0, $1) })
            return try names.validated(place)
        }
    }

    /// Whether there is an object at a path relative to this group.
    package func contains(_ relative: String) -> Bool {
        (try? session.kind(of: absolute(relative))) != nil
    }

    /// The object at a relative path, which may have slashes.
    ///
    /// - Throws: ``HDF5Error/Cause/missing``, or what is refused on the way to it.
    package func child(_ relative: String) throws(HDF5Error) -> Child {
        let path = absolute(relative)
        return switch try session.kind(of: path) {
        case .group: .group(HDF5Group(path: path, session: session))
        case .dataset: .dataset(try HDF5Dataset(path: path, session: session))
        }
    }

    package func group(_ relative: String) throws(HDF5Error) -> HDF5Group {
        guard case .group(let group) = try child(relative) else {
            throw HDF5Error(
                session.name, object: absolute(relative), .wrongKind(expected: "a group"))
        }
        return group
    }

    package func dataset(_ relative: String) throws(HDF5Error) -> HDF5Dataset {
        guard case .dataset(let dataset) = try child(relative) else {
            throw HDF5Error(
                session.name, object: absolute(relative), .wrongKind(expected: "a dataset"))
        }
        return dataset
    }

    /// Every dataset below this group, depth first, groups in the order of their names.
    ///
    /// - Throws: ``HDF5Error/Cause/unsupported(_:)`` beyond 64 levels or a million objects, which
    ///   only groups that hold themselves reach.
    package func allDatasets() throws(HDF5Error) -> [HDF5Dataset] {
        var datasets: [HDF5Dataset] = []
        var objectsLeft = 1_000_000
        try collect(into: &datasets, depthLeft: 64, objectsLeft: &objectsLeft)
        return datasets
    }

    private func collect(
        into datasets: inout [HDF5Dataset], depthLeft: Int, objectsLeft: inout Int
    ) throws(HDF5Error) {
        let names = try childNames()
        objectsLeft -= names.count
        guard depthLeft > 0, objectsLeft >= 0 else {
            throw HDF5Error(session.name, object: path, .unsupported("such deep nesting"))
        }
        for name in names {
            switch try child(name) {
            case .dataset(let dataset): datasets.append(dataset)
            case .group(let group):
                try group.collect(
                    into: &datasets, depthLeft: depthLeft - 1, objectsLeft: &objectsLeft)
            }
        }
    }

    /// The names of the group's attributes, sorted.
    package func attributeNames() throws(HDF5Error) -> [String] {
        try session.attributeNames(of: path, .group)
    }

    /// An attribute's value: numbers or strings, of rank 0 for a scalar; nil if there is none.
    package func attribute(_ name: String) throws(HDF5Error) -> Tensor? {
        try session.attribute(name, of: path, .group)
    }

    private func absolute(_ relative: String) -> String {
        path == "/" ? "/\(relative)" : "\(path)/\(relative)"
    }
}

/// Names that a C callback collects.
struct NameList {
    private var names: [String?] = []

    mutating func collect(
        _ visit: (chdf5_name_visitor, UnsafeMutableRawPointer) -> herr_t
    ) -> herr_t {
        withUnsafeMutablePointer(to: &names) { names in
            visit(
                { name, context in
                    guard let name else { return }
                    context?.assumingMemoryBound(to: [String?].self).pointee
                        .append(String(validatingCString: name))
                }, names)
        }
    }

    func validated(_ place: Place) throws(HDF5Error) -> [String] {
        let valid = names.compactMap { $0 }
        guard valid.count == names.count else { throw place.error(.damaged("a name is not UTF-8")) }
        return valid
    }
}
