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
    private let isMapped: Bool

    package init(_ path: String) throws(FileError) {
        let descriptor = try Descriptor(path, flags: O_RDONLY)
        let status = try descriptor.status()
        guard !status.isDirectory else { throw .isDirectory(path) }
        guard status.isRegular else { throw FileError(path, .notRegular) }
        name = path
        let count = Int(status.st_size)
        bytes = try count == 0 ? .init(start: nil, count: 0) : descriptor.map(count: count)
        isMapped = true
    }

    /// A copy of the bytes, under a name for errors such as `model.keras: model.weights.h5`.
    package init(bytes source: [UInt8], name: String) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
        copy.copyBytes(from: source)
        bytes = UnsafeRawBufferPointer(copy)
        self.name = name
        isMapped = false
    }

    package var count: Int { bytes.count }

    /// The bytes; they are valid as long as this object lives.
    package func withUnsafeBytes<Result: ~Copyable, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try body(bytes)
        withExtendedLifetime(self) {}
        return result
    }

    deinit {
        if !isMapped {
            bytes.deallocate()
        } else if let start = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }
}
