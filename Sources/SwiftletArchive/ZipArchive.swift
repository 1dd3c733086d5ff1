internal import CZlib
package import SwiftletFiles
internal import SwiftletMachine

/// A zip archive opened for reading. Stored and deflated entries, zip64, untrusted input.
package struct ZipArchive: Sendable {
    /// In the order of the central directory.
    package let entries: [ZipEntry]
    private let file: MappedFile
    private let positions: [String: Int]

    /// - Throws: ``ArchiveError`` if the directory is damaged, contradicts itself or names more
    ///   than the ``Limits`` in force allow. The entries' bytes are checked when they are read.
    package init(_ file: MappedFile) throws(ArchiveError) {
        self.file = file
        entries = try ZipDirectory(of: file).entries()
        var positions: [String: Int] = [:]
        for (index, entry) in entries.enumerated() { positions[entry.name] = index }
        self.positions = positions
    }

    package init(_ path: String) throws(ArchiveError) {
        let file: MappedFile
        do {
            file = try MappedFile(path)
        } catch {
            throw ArchiveError(error)
        }
        try self.init(file)
    }

    /// The archive's path, as errors show it.
    package var name: String { file.name }

    package subscript(name: String) -> ZipEntry? { positions[name].map { entries[$0] } }

    /// - Throws: ``ArchiveError/Cause/missing``.
    package func entry(_ name: String) throws(ArchiveError) -> ZipEntry {
        guard let entry = self[name] else { throw ArchiveError(file.name, entry: name, .missing) }
        return entry
    }

    /// The entry's bytes, one chunk after the other.
    package func stream(_ entry: ZipEntry) throws(ArchiveError) -> ZipStream {
        try ZipStream(entry, in: file)
    }

    /// The entry's bytes at once, checked against its CRC-32.
    package func read(_ entry: ZipEntry) throws(ArchiveError) -> [UInt8] {
        var stream = try stream(entry)
        guard Machine.hasRoom(for: entry.size) else { throw outOfMemory(entry) }
        var bytes = [UInt8](repeating: 0, count: entry.size)
        try bytes.withUnsafeMutableBufferPointer { buffer throws(ArchiveError) in
            try stream.read(exactly: UnsafeMutableRawBufferPointer(buffer))
        }
        return bytes
    }

    package func read(_ name: String) throws(ArchiveError) -> [UInt8] { try read(entry(name)) }

    /// The entry as a file of its own, checked: in place where it is stored, otherwise unpacked.
    ///
    /// - Parameter name: what errors call it.
    package func file(_ entry: ZipEntry, name: String) throws(ArchiveError) -> MappedFile {
        guard entry.isStored else {
            var stream = try stream(entry)
            let unpacked = try MappedFile(count: entry.size, name: name) {
                buffer throws(ArchiveError) in
                try stream.read(exactly: buffer)
            }
            guard let unpacked else { throw outOfMemory(entry) }
            return unpacked
        }
        let range = entry.dataOffset..<entry.dataOffset + entry.compressedSize
        let part = MappedFile(range, of: file, name: name)
        // Whoever reads it next needs it in parts, as the checksum does.
        var checksum: UInt32 = 0
        part.forEachPiece { checksum = crc32(of: $0, continuing: checksum) }
        guard checksum == entry.crc32 else {
            throw ArchiveError(file.name, entry: entry.name, .damaged("wrong CRC-32"))
        }
        return part
    }

    private func outOfMemory(_ entry: ZipEntry) -> ArchiveError {
        ArchiveError(file.name, entry: entry.name, .file(.outOfMemory))
    }

    /// Shows the bytes in place where they are stored, otherwise unpacked, checked either way.
    package func withBytes<Result>(
        of entry: ZipEntry, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try file(entry, name: file.name).withUnsafeBytes(body)
    }
}

/// The checksum of `bytes` that continues `start`, the one of the bytes before them.
package func crc32(of bytes: UnsafeRawBufferPointer, continuing start: UInt32 = 0) -> UInt32 {
    // Without bytes zlib would answer with the first value instead of the running one.
    guard let base = bytes.bindMemory(to: UInt8.self).baseAddress, !bytes.isEmpty else {
        return start
    }
    return UInt32(truncatingIfNeeded: crc32_z(UInt(start), base, bytes.count))
}
