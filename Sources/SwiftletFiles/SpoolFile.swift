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
        descriptor = try Descriptor(temporary: ())
    }

    /// Bytes so far.
    package var count: Int { written + buffer.count }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        if buffer.count + bytes.count > Self.bufferSize { try flush() }
        guard bytes.count < Self.bufferSize else {
            try FileError.naming(name) { () throws(FileError) in try descriptor.write(bytes) }
            written += bytes.count
            return
        }
        buffer.append(contentsOf: bytes)
    }

    private mutating func flush() throws(FileError) {
        try FileError.naming(name) { () throws(FileError) in
            try buffer.withUnsafeBufferPointer { bytes throws(FileError) in
                try descriptor.write(UnsafeRawBufferPointer(bytes))
            }
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
    /// A new file for reading and writing without a name.
    init(temporary: Void) throws(FileError) {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        #if os(Linux)
            // `O_TMPFILE`, which the C library does not show to Swift: there is no moment with a name.
            let unnamed = O_DIRECTORY | 0o20_000_000
            if let file = try? Descriptor(folder, flags: O_RDWR | unnamed, mode: 0o600) {
                self = file
                return
            }
        #endif
        let tag = String(UInt64.random(in: .min ... .max), radix: 36)
        let path = "\(folder)/.swiftlet-\(tag).tmp"
        try self.init(path, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        unlink(path)
    }
}
