#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that is only ever written at its end, by one process at a time.
package final class GrowingFile {
    private let descriptor: Descriptor
    private let isTemporary: Bool
    private var synchronized = ContinuousClock.now
    private static let patience = Duration.seconds(2)

    /// Opens a file that may not be there yet.
    ///
    /// - Throws: ``FileError``; `.inUse` while another process has it open here.
    package init(_ path: String) throws(FileError) {
        let isNew = PathKind(path) == .missing
        descriptor = try Descriptor(path, flags: O_RDWR | O_CREAT | O_APPEND, mode: 0o666)
        guard try descriptor.status().isRegular else { throw FileError(path, .notRegular) }
        guard try descriptor.lock() != .taken else { throw FileError(path, .inUse) }
        if isNew { try synchronizeDirectory(directory(of: path)) }
        isTemporary = false
    }

    /// A file without a name, as ``SpoolFile``.
    ///
    /// - Parameter name: what errors call it.
    package init(temporary name: String) throws(FileError) {
        descriptor = try Descriptor(temporary: name)
        isTemporary = true
    }

    /// What it holds so far, mapped.
    ///
    /// - Parameter name: what errors call it.
    package func mapped(name: String) throws(FileError) -> MappedFile {
        let count = Int(try descriptor.status().st_size)
        return try MappedFile(mapping: descriptor, count: count, name: name)
    }

    deinit { if !isTemporary { try? descriptor.synchronize() } }

    /// Cuts off what stands behind the first `count` bytes.
    package func truncate(to count: Int) throws(FileError) { try descriptor.truncate(to: count) }

    /// What was appended outlives the process at once, and the machine a few seconds later.
    package func append(_ bytes: [UInt8]) throws(FileError) {
        try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
            try descriptor.write(UnsafeRawBufferPointer(bytes))
        }
        let now = ContinuousClock.now
        guard !isTemporary, now - synchronized > Self.patience else { return }
        synchronized = now
        try descriptor.synchronize()
    }
}

/// How large a file is and when it last changed: enough to tell that it is still the same.
package struct FileStamp: Sendable, CustomStringConvertible {
    package let description: String

    package init(_ path: String) throws(FileError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError(errnoFor: path) }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        description = "\(status.st_size) \(time.tv_sec).\(time.tv_nsec)"
    }
}
