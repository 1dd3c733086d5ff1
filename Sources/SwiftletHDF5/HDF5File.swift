internal import CHDF5
package import SwiftletFiles

/// An HDF5 file opened for reading, from the disk or from memory.
///
/// A value that groups and datasets share; the file closes with the last of them. Links that lead
/// elsewhere, virtual and external data and foreign filters are refused where they are met.
package struct HDF5File: Sendable {
    let session: HDF5Session

    package init(_ path: String) throws(HDF5Error) {
        do {
            session = try HDF5Session(MappedFile(path), isOnDisk: true)
        } catch let error as FileError {
            throw HDF5Error(error)
        } catch let error as HDF5Error {
            throw error
        } catch {
            throw HDF5Error(path, .notHDF5)
        }
    }

    /// A file whose bytes are in memory, such as a member of a zip archive.
    package init(_ bytes: MappedFile) throws(HDF5Error) {
        session = try HDF5Session(bytes, isOnDisk: false)
    }

    /// The path, or the name of the bytes in memory.
    package var name: String { session.name }

    package var root: HDF5Group { HDF5Group(path: "/", session: session) }

    /// Whether the bytes have the signature of HDF5, at their start or behind a user block.
    package static func hasSignature(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
        var offset = 0
        while offset <= bytes.count - signature.count {
            if bytes[offset..<offset + signature.count].elementsEqual(signature) { return true }
            offset = offset == 0 ? 512 : offset * 2
        }
        return false
    }
}

/// The open file behind its values.
final class HDF5Session: Sendable {
    let name: String
    let byteCount: Int
    let id: hid_t
    /// What the library reads from, if the file is in memory.
    private let image: MappedFile?

    init(_ file: MappedFile, isOnDisk: Bool) throws(HDF5Error) {
        name = file.name
        byteCount = file.count
        image = isOnDisk ? nil : file
        let place = Place(file: file.name, object: nil)
        guard file.withUnsafeBytes(HDF5File.hasSignature) else { throw place.error(.notHDF5) }
        id = try HDF5Library.locked { () throws(HDF5Error) in
            let access = try Handle(
                H5Pcreate(chdf5_file_access()), at: place, close: H5Pclose)
            try place.check(chdf5_ignore_locks(access.id))
            if !isOnDisk {
                let result = file.withUnsafeBytes {
                    chdf5_view_image(access.id, $0.baseAddress, $0.count)
                }
                try place.check(result)
            }
            let name = isOnDisk ? file.name : HDF5Library.uniqueImageName()
            return try place.check(H5Fopen(name, chdf5_read_only(), access.id))
        }
    }

    deinit {
        let id = id
        try? HDF5Library.locked { () throws(HDF5Error) in _ = H5Fclose(id) }
    }
}
