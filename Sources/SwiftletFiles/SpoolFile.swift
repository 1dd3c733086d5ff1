#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file without a name for what does not fit in memory. It is gone with the process, however that
/// ends.
///
/// It lies in the directory that `TMPDIR` names, or else in `/var/tmp`, which is on a disk where `/tmp` may
/// be in memory.
package struct SpoolFile: ~Copyable {
    private let descriptor: Descriptor
    private let name: String
    private var buffer: [UInt8] = []
    private var written = 0
    private static let bufferSize = 1 << 20

    /// - Parameter name: what errors call it: the file whose content it takes.
    package init(name: String) throws(FileError) {
        self.name = name
        descriptor = try Descriptor(temporary: name)
    }

    /// Bytes so far.
    package var count: Int { written + buffer.count }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        if buffer.count + bytes.count > Self.bufferSize { try flush() }
        guard bytes.count < Self.bufferSize else {
            try descriptor.write(bytes)
            written += bytes.count
            return
        }
        buffer.append(contentsOf: bytes)
    }

    private mutating func flush() throws(FileError) {
        try buffer.withUnsafeBufferPointer { bytes throws(FileError) in
            try descriptor.write(UnsafeRawBufferPointer(bytes))
        }
        written += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// For another process that writes the file in this one's place; see ``finishWrittenElsewhere()``.
    package var number: Int32 { descriptor.number }

    /// What another process wrote, mapped. It must have ended, for a mapped file must not be cut.
    package consuming func finishWrittenElsewhere() throws(FileError) -> MappedFile {
        let count = Int(try descriptor.status().st_size)
        return try MappedFile(mapping: descriptor, count: count, name: name)
    }

    /// All that was appended, open.
    consuming func finishOpen() throws(FileError) -> Descriptor {
        try flush()
        return descriptor
    }

    /// All that was appended, mapped.
    package consuming func finish() throws(FileError) -> MappedFile {
        try flush()
        return try MappedFile(mapping: descriptor, count: written, name: name)
    }
}

extension Descriptor {
    /// A new file for reading and writing that no folder lists.
    ///
    /// - Parameter name: what errors call it.
    init(temporary name: String) throws(FileError) {
        self = try FileError.naming(name) { () throws(FileError) in
            Descriptor(owning: try Self.unlisted(), path: name)
        }
    }

    private static func unlisted() throws(FileError) -> Int32 {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        #if os(Linux)
            // `O_TMPFILE`, which the C library does not show to Swift: there is no moment with a name.
            let unnamed = O_DIRECTORY | 0o20_000_000
            let unlisted = open(folder, O_RDWR | O_CLOEXEC | unnamed, 0o600)
            if unlisted >= 0 { return unlisted }
        #endif
        let tag = String(UInt64.random(in: .min ... .max), radix: 36)
        let path = "\(folder)/.swiftlet-\(tag).tmp"
        let number = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0o600)
        guard number >= 0 else { throw FileError(errnoFor: path) }
        unlink(path)
        return number
    }
}
