internal import SwiftletFiles
internal import SwiftletTensor
internal import Synchronization

/// The open file behind its values: its bytes, and what has been found in them.
///
/// Nothing here is written to the file and every structure found is immutable, so threads share
/// it; the locks are held for a look-up in a table only.
final class HDF5Session: Sendable {
    let name: String
    let image: FileImage
    let superblock: Superblock
    let heap = GlobalHeap()
    private let limits: HDF5Limits
    private let budget: Mutex<Budget>
    private let objects = Mutex<[Int: StoredObject]>([:])
    private let file: MappedFile
    private let isolation: HDF5Isolation?
    private let plain = Mutex<Result<HDF5Group, HDF5Error>?>(nil)

    /// What the operations on the file may still look at together.
    private struct Budget {
        var left: Int
        /// Operations that were paid for, so that asking again is free.
        var paid: Set<Operation> = []
    }

    /// Something that is read of the object, attribute … at an address.
    struct Operation: Hashable {
        enum Part { case header, description, links, attributes, elements }
        let part: Part
        let address: Int
    }

    /// - Parameter isolation: how to read what only libhdf5 reads.
    init(
        _ file: MappedFile, verifiesChecksums: Bool, isolation: HDF5Isolation?
    ) throws(HDF5Error) {
        name = file.name
        self.file = file
        self.isolation = isolation
        guard let start = file.withUnsafeBytes(Superblock.offset) else {
            throw HDF5Error(file.name, .notHDF5)
        }
        image = FileImage(file, from: start)
        limits = HDF5Limits(fileSize: file.count, verifiesChecksums: verifiesChecksums)
        budget = Mutex(Budget(left: limits.total))
        do {
            superblock = try Superblock(
                image, userBlock: start, verifiesChecksums: verifiesChecksums)
        } catch {
            throw HDF5Error(file.name, error.cause)
        }
    }

    /// Runs `body` within the allowance of one operation; errors name the object at `path`.
    func perform<Result>(
        _ operation: Operation, at path: String?,
        _ body: (Reading) throws(Refusal) -> Result
    ) throws(HDF5Error) -> Result {
        let (isPaid, left) = budget.withLock { ($0.paid.contains(operation), $0.left) }
        let reading = Reading(
            image, addressSize: superblock.addressSize, lengthSize: superblock.lengthSize,
            allowance: isPaid ? limits.operation : min(limits.operation, left),
            verifiesChecksums: limits.verifiesChecksums)
        defer {
            budget.withLock {
                if $0.paid.insert(operation).inserted { $0.left = max(0, $0.left - reading.used) }
            }
        }
        return try naming(path) { () throws(Refusal) in try body(reading) }
    }

    private func naming<Result>(
        _ path: String?, _ body: () throws(Refusal) -> Result
    ) throws(HDF5Error) -> Result {
        do {
            return try body()
        } catch {
            throw HDF5Error(name, object: path, error.cause)
        }
    }

    /// `direct`, or where that meets what only libhdf5 reads, `isolated` from the root of the file's copy in
    /// plain form.
    func orFromCopy<Result>(
        _ direct: () throws(HDF5Error) -> Result,
        _ isolated: (HDF5Group) throws(HDF5Error) -> Result
    ) throws(HDF5Error) -> Result {
        do {
            return try direct()
        } catch {
            guard case .needsLibrary = error.cause, let isolation else { throw error }
            return try isolated(plainRoot(isolation))
        }
    }

    /// One helper for all; what it says is said again to who asks again.
    private func plainRoot(_ isolation: HDF5Isolation) throws(HDF5Error) -> HDF5Group {
        let root = plain.withLock { plain in
            if let known = plain { return known }
            let made = Result { () throws(HDF5Error) in
                try isolation.plainCopy(of: file).rootGroup()
            }
            plain = made
            return made
        }
        return try root.get()
    }

    func rootGroup() throws(HDF5Error) -> HDF5Group {
        let object = try object(at: superblock.root, path: "/")
        guard object.kind == .group else {
            throw HDF5Error(name, object: "/", .damaged("the root is not a group"))
        }
        return HDF5Group(path: "/", object, self)
    }

    /// The object whose header lies at an address.
    func object(at address: Int, path: String) throws(HDF5Error) -> StoredObject {
        if let known = objects.withLock({ $0[address] }) { return known }
        let object = try perform(.init(part: .header, address: address), at: path) {
            (reading) throws(Refusal) in
            StoredObject(at: address, try ObjectHeader(at: address, reading))
        }
        return objects.withLock {
            if let known = $0[address] { return known }
            $0[address] = object
            return object
        }
    }
}

/// An object of the file with what was found of it so far.
final class StoredObject: Sendable {
    enum Kind { case group, dataset, datatype, unknown }

    let address: Int
    let header: ObjectHeader
    private let links = Mutex<LinkTable?>(nil)
    private let attributes = Mutex<AttributeTable?>(nil)

    init(at address: Int, _ header: ObjectHeader) {
        self.address = address
        self.header = header
    }

    var kind: Kind {
        if header.first(.datatype) != nil {
            return header.first(.dataspace) != nil ? .dataset : .datatype
        }
        return header.first(.symbolTable) ?? header.first(.linkInfo) != nil ? .group : .unknown
    }

    func links(_ session: HDF5Session, path: String) throws(HDF5Error) -> LinkTable {
        if let known = links.withLock({ $0 }) { return known }
        let table = try session.perform(.init(part: .links, address: address), at: path) {
            (reading) throws(Refusal) in try LinkTable(header, reading)
        }
        links.withLock { $0 = table }
        return table
    }

    func attributes(_ session: HDF5Session, path: String) throws(HDF5Error) -> AttributeTable {
        if let known = attributes.withLock({ $0 }) { return known }
        let table = try session.perform(.init(part: .attributes, address: address), at: path) {
            (reading) throws(Refusal) in try AttributeTable(header, reading)
        }
        attributes.withLock { $0 = table }
        return table
    }

    /// An attribute's value; nil if there is none of the name.
    func attribute(
        _ name: String, _ session: HDF5Session, path: String
    ) throws(HDF5Error) -> Tensor? {
        guard let attribute = try attributes(session, path: path)[name] else { return nil }
        let operation = HDF5Session.Operation(
            part: .elements, address: attribute.data.lowerBound)
        return try session.perform(operation, at: "\(path)@\(name)") {
            (reading) throws(Refusal) in
            let type = try attribute.type(reading)
            let space = try attribute.shape(reading)
            guard let count = product([space.elementCount, type.size]) else {
                throw .tooLarge(nil)
            }
            guard count <= attribute.data.count else { throw .tooLarge(count) }
            try reading.charge(count)
            let start = attribute.data.lowerBound
            return try TensorReader(type: type, shape: type.shape(of: space), heap: session.heap)
                .tensor(of: start..<start + count, reading)
        }
    }
}
