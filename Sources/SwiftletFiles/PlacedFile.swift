#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that is there, to be written at places of one's choice.
package struct PlacedFile: ~Copyable {
    private let descriptor: Descriptor

    package init(_ path: String) throws(FileError) {
        descriptor = try Descriptor(path, flags: O_WRONLY)
    }

    /// What is written next goes to `offset`.
    package borrowing func seek(to offset: Int) throws(FileError) {
        try descriptor.seek(to: offset)
    }

    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try descriptor.write(bytes)
    }

    package consuming func finish() throws(FileError) { try descriptor.finish() }
}
