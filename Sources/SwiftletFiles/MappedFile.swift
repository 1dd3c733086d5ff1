internal import SwiftletLimits
internal import SwiftletMachine

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The bytes of one file: mapped read-only from the disk, or given in memory.
///
/// A view of the bytes that outlives a call holds this object as its owner. A mapped file that another process shortens
/// meanwhile ends this process with a bus error, as everywhere; files that are replaced by
/// renaming (see ``AtomicFile``) keep the old bytes.
package final class MappedFile: @unchecked Sendable {
    /// The path, or for bytes in memory the name that errors show.
    package let name: String
    private let bytes: UnsafeRawBufferPointer
    private let ownership: Ownership
    /// Bytes around a place that the system maps with it.
    private static let neighbourhood = 1 << 16

    private enum Ownership {
        /// From the file at the path ``name`` that has this identity; nil where it has no path.
        case mapped(FileIdentity?)
        case allocated
        /// The bytes are a part of this file's.
        case part(of: MappedFile)
    }

    package init(_ path: String) throws(FileError) {
        let descriptor = try Descriptor(path, flags: O_RDONLY)
        let status = try descriptor.status()
        guard !status.isDirectory else { throw .isDirectory(path) }
        guard status.isRegular else { throw FileError(path, .notRegular) }
        name = path
        let count = Int(status.st_size)
        bytes = try count == 0 ? .init(start: nil, count: 0) : descriptor.map(count: count)
        ownership = .mapped(FileIdentity(status))
    }

    /// The first bytes of an open file.
    init(mapping descriptor: borrowing Descriptor, count: Int, name: String) throws(FileError) {
        self.name = name
        bytes = try count == 0 ? .init(start: nil, count: 0) : descriptor.map(count: count)
        ownership = .mapped(nil)
    }

    /// Bytes in memory that `body` writes, under a name for errors such as `model.keras`; nil if there is
    /// no memory for them.
    package convenience init?<Failure>(
        count: Int, name: String,
        writing body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard Machine.hasRoom(for: count) else { return nil }
        try self.init(allocating: count, name: name, writing: body)
    }

    private init<Failure>(
        allocating count: Int, name: String,
        writing body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        do {
            try body(memory)
        } catch {
            memory.deallocate()
            throw error
        }
        bytes = UnsafeRawBufferPointer(memory)
        self.name = name
        ownership = .allocated
    }

    /// A copy of bytes in memory.
    package convenience init(bytes source: [UInt8], name: String) {
        self.init(allocating: source.count, name: name) { $0.copyBytes(from: source) }
    }

    /// A part of another file, in place.
    package init(_ range: Range<Int>, of file: MappedFile, name: String) {
        bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
        self.name = name
        ownership = .part(of: file)
    }

    package var count: Int { bytes.count }

    /// All of it, as a text that describes something.
    ///
    /// - Throws: ``FileError/Cause/tooLarge(limit:)`` beyond the limit of texts in force.
    package func text() throws(FileError) -> [UInt8] {
        let limit = Limits.current.textBytes
        guard count <= limit else { throw FileError(name, .tooLarge(limit: limit)) }
        guard Machine.hasRoom(for: count) else { throw FileError(name, .outOfMemory) }
        return withUnsafeBytes { [UInt8]($0) }
    }

    /// The bytes; they are valid as long as this object lives.
    package func withUnsafeBytes<Result: ~Copyable, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try body(bytes)
        withExtendedLifetime(self) {}
        return result
    }

    /// Shows the bytes one piece after the other and gives back the memory of each, so that a file that is
    /// larger than memory is read through.
    package func forEachPiece<Failure>(
        of size: Int = 1 << 24, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        for start in stride(from: 0, to: count, by: max(1, size)) {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(count, start + size)])
            try body(piece)
            release(piece)
        }
        withExtendedLifetime(self) {}
    }

    /// The bytes as a part of an open file, for another process: the file itself where it still stands at
    /// its path, or else a copy in a file without a name.
    package func opened() throws(FileError) -> OpenPart {
        switch ownership {
        case .part(let file):
            guard let own = bytes.baseAddress, let start = file.bytes.baseAddress else { break }
            var whole = try file.opened()
            whole.start += own - start
            whole.count = count
            return whole
        case .mapped(let identity?):
            if let descriptor = try? Descriptor(name, flags: O_RDONLY),
                FileIdentity(try descriptor.status()) == identity
            {
                return OpenPart(descriptor: descriptor, start: 0, count: count)
            }
        case .mapped, .allocated: break
        }
        var copy = try SpoolFile(name: name)
        try forEachPiece { (piece) throws(FileError) in try copy.append(piece) }
        return OpenPart(descriptor: try copy.finishOpen(), start: 0, count: count)
    }

    /// Gives back the memory of a part of a mapped file; whoever reads it next fetches it anew.
    package func release(_ part: UnsafeRawBufferPointer) {
        switch ownership {
        case .part(let file): file.release(part)
        case .allocated: return
        case .mapped:
            guard let start = part.baseAddress, let own = bytes.baseAddress, start >= own,
                start + part.count <= own + bytes.count
            else { return }
            let page = Int(sysconf(Int32(_SC_PAGESIZE)))
            let (from, to) = (Int(bitPattern: start), Int(bitPattern: start + part.count))
            // The system also maps what lies around a place that is read, and that is given back too.
            let block = max(page, Self.neighbourhood)
            let last = (Int(bitPattern: own + bytes.count) + page - 1) & -page
            let first = max(Int(bitPattern: own), from & -block)
            let end = min(last, (to + block - 1) & -block)
            guard end > first, let first = UnsafeMutableRawPointer(bitPattern: first) else {
                return
            }
            madvise(first, end - Int(bitPattern: first), MADV_DONTNEED)
        }
    }

    deinit {
        switch ownership {
        case .mapped:
            if let start = bytes.baseAddress {
                munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
            }
        case .allocated: bytes.deallocate()
        case .part: break
        }
    }
}

/// A part of an open file.
package struct OpenPart: ~Copyable {
    package let descriptor: Descriptor
    fileprivate(set) package var start, count: Int
}

/// Which file it is, whatever its paths.
private struct FileIdentity: Equatable {
    let device: UInt64
    let node: UInt64
    let size: Int

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int(status.st_size)
    }
}
