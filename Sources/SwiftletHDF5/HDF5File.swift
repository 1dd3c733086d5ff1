package import SwiftletFiles

/// An HDF5 file opened for reading, from the disk or from memory.
///
/// A value that groups and datasets share; the file closes with the last of them. It is read by
/// bounds-checked code of our own (the libhdf5 that writes is no reader for untrusted bytes).
/// What only libhdf5 reads, and everything where it is wanted so, is read by it in a helper process:
/// see ``HDF5Isolation``.
/// Links that lead elsewhere, virtual and external data and foreign filters are refused where
/// they are met.
package struct HDF5File: Sendable {
    private let session: HDF5Session
    package let root: HDF5Group

    package init(_ path: String) throws(HDF5Error) {
        let file: MappedFile
        do {
            file = try MappedFile(path)
        } catch {
            throw HDF5Error(error)
        }
        try self.init(file)
    }

    /// A file whose bytes are in memory, such as a member of a zip archive.
    package init(_ bytes: MappedFile) throws(HDF5Error) {
        try self.init(bytes, verifiesChecksums: true)
    }

    /// - Parameter verifiesChecksums: false only in tests of damaged files, where a structure's
    ///   checksum would hide what lies behind it.
    package init(_ bytes: MappedFile, verifiesChecksums: Bool) throws(HDF5Error) {
        let isolation = HDF5Isolation.current
        if let isolation, isolation.use == .always,
            bytes.withUnsafeBytes(HDF5File.hasSignature)
        {
            session = try isolation.plainCopy(of: bytes)
        } else {
            session = try HDF5Session(
                bytes, verifiesChecksums: verifiesChecksums, isolation: isolation)
        }
        root = try session.rootGroup()
    }

    /// The path, or the name of the bytes in memory.
    package var name: String { session.name }

    /// Whether the bytes have the signature of HDF5, at their start or behind a user block.
    package static func hasSignature(_ bytes: UnsafeRawBufferPointer) -> Bool {
        Superblock.offset(in: bytes) != nil
    }
}
