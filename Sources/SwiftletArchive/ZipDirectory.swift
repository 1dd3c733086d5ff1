internal import SwiftletFiles
internal import SwiftletLimits

/// One member of a zip archive, as the central directory describes it.
package struct ZipEntry: Sendable, Hashable {
    package let name: String
    /// Bytes once unpacked.
    package let size: Int
    package let compressedSize: Int
    package let crc32: UInt32
    let method: UInt16
    /// Where its packed bytes begin in the file.
    let dataOffset: Int

    package var isStored: Bool { method == ZipFormat.stored }
    package var isDirectory: Bool { name.last == "/" }
}

/// Reads the central directory, the only authority on what an archive holds, and checks every
/// statement in it against the file's length, the local headers and the other statements.
struct ZipDirectory {
    private let file: MappedFile

    init(of file: MappedFile) {
        self.file = file
    }

    func entries() throws(ArchiveError) -> [ZipEntry] {
        try file.withUnsafeBytes { bytes throws(ArchiveError) in
            let end = try endRecord(in: bytes)
            guard
                var reader = FieldReader(bytes, at: end.directoryOffset, count: end.directorySize)
            else { throw damaged("its directory lies outside the file") }
            guard end.entryCount <= end.directorySize / ZipFormat.centralHeaderSize else {
                throw damaged("\(end.entryCount) entries do not fit its directory")
            }
            try limiting { () throws(LimitError) in
                try Limits.check(.archiveEntries, end.entryCount)
            }
            var entries: [ZipEntry] = []
            entries.reserveCapacity(end.entryCount)
            for _ in 0..<end.entryCount {
                entries.append(
                    try entry(&reader, in: bytes, directoryOffset: end.directoryOffset))
            }
            guard reader.left == 0 else {
                throw damaged("its directory is longer than its entries")
            }
            try checkNames(entries)
            try checkOverlap(entries)
            return entries
        }
    }

    private func damaged(_ what: String, entry: String? = nil) -> ArchiveError {
        ArchiveError(file.name, entry: entry, .damaged(what))
    }
}

// MARK: - End records

extension ZipDirectory {
    private struct End: Equatable {
        var entryCount: Int
        var directorySize: Int
        var directoryOffset: Int
    }

    private func endRecord(in bytes: UnsafeRawBufferPointer) throws(ArchiveError) -> End {
        guard let position = endRecordPosition(in: bytes),
            var reader = FieldReader(bytes, at: position + 4, count: ZipFormat.endRecordSize - 4),
            let disk = reader.u16(), let directoryDisk = reader.u16(),
            let countHere = reader.u16(), let count = reader.u16(),
            let size = reader.u32(), let offset = reader.u32()
        else { throw ArchiveError(file.name, .notAnArchive) }

        let end: End
        let directoryEnd: Int
        if count == ZipFormat.wide16 || size == ZipFormat.wide32 || offset == ZipFormat.wide32,
            let wide = try zip64End(in: bytes, before: position)
        {
            (end, directoryEnd) = wide
        } else {
            guard disk == 0, directoryDisk == 0, countHere == count else {
                throw ArchiveError(file.name, .unsupported("an archive on several disks"))
            }
            end = End(
                entryCount: Int(count), directorySize: Int(size), directoryOffset: Int(offset))
            // Some writers, PyTorch among them, add zip64's records where nothing needs them.
            if let (wide, wideEnd) = try zip64End(in: bytes, before: position), wide == end {
                directoryEnd = wideEnd
            } else {
                directoryEnd = position
            }
        }
        guard end.directoryOffset + end.directorySize == directoryEnd else {
            throw damaged("its directory does not end where its end record begins")
        }
        return end
    }

    /// The record is the last thing in the file but for a comment whose length it states.
    private func endRecordPosition(in bytes: UnsafeRawBufferPointer) -> Int? {
        let last = bytes.count - ZipFormat.endRecordSize
        guard last >= 0 else { return nil }
        for position in stride(
            from: last, through: max(0, last - ZipFormat.longestComment), by: -1)
        {
            guard bytes[position] == 0x50,
                var reader = FieldReader(bytes, at: position, count: ZipFormat.endRecordSize),
                reader.u32() == ZipFormat.endRecord, reader.skip(16),
                let comment = reader.u16(),
                position + ZipFormat.endRecordSize + Int(comment)
                    == bytes.count
            else { continue }
            return position
        }
        return nil
    }

    private func zip64End(
        in bytes: UnsafeRawBufferPointer, before position: Int
    ) throws(ArchiveError) -> (End, directoryEnd: Int)? {
        let locatorPosition = position - ZipFormat.zip64LocatorSize
        guard
            var locator = FieldReader(
                bytes, at: locatorPosition, count: ZipFormat.zip64LocatorSize),
            locator.u32() == ZipFormat.zip64Locator
        else { return nil }
        guard let disk = locator.u32(), let offset = locator.u64().flatMap(Int.init(exactly:)),
            offset <= locatorPosition - ZipFormat.zip64EndRecordSize,
            var reader = FieldReader(bytes, at: offset, count: ZipFormat.zip64EndRecordSize),
            reader.u32() == ZipFormat.zip64EndRecord, reader.skip(12),
            let ownDisk = reader.u32(), let directoryDisk = reader.u32(),
            let countHere = reader.u64(), let count = reader.u64(),
            let entryCount = Int(exactly: count),
            let size = reader.u64().flatMap(Int.init(exactly:)),
            let directoryOffset = reader.u64().flatMap(Int.init(exactly:)),
            size <= offset, directoryOffset <= offset
        else { throw damaged("its zip64 end record") }
        guard disk == 0, ownDisk == 0, directoryDisk == 0, countHere == count else {
            throw ArchiveError(file.name, .unsupported("an archive on several disks"))
        }
        let end = End(
            entryCount: entryCount, directorySize: size, directoryOffset: directoryOffset)
        return (end, directoryEnd: offset)
    }
}

// MARK: - Entries

extension ZipDirectory {
    private func entry(
        _ reader: inout FieldReader, in bytes: UnsafeRawBufferPointer, directoryOffset: Int
    ) throws(ArchiveError) -> ZipEntry {
        guard reader.u32() == ZipFormat.centralHeader, reader.skip(4),
            let flags = reader.u16(), let method = reader.u16(), reader.skip(4),
            let crc32 = reader.u32(), let compressed = reader.u32(), let size = reader.u32(),
            let nameCount = reader.u16(), let extraCount = reader.u16(),
            let commentCount = reader.u16(), let disk = reader.u16(), reader.skip(6),
            let offset = reader.u32(), let nameBytes = reader.take(Int(nameCount)),
            let extra = reader.take(Int(extraCount)), reader.skip(Int(commentCount))
        else { throw damaged("an entry of its directory is cut off") }
        guard let name = String(strictUTF8: nameBytes) else {
            throw damaged("an entry's name is not UTF-8")
        }

        var wide = WideFields(size: size, compressed: compressed, offset: offset, disk: disk)
        guard wide.resolve(from: extra) else { throw damaged("zip64 sizes", entry: name) }
        guard wide.disk == 0 else {
            throw ArchiveError(file.name, entry: name, .unsupported("an archive on several disks"))
        }
        guard flags & ZipFormat.encryptedFlags == 0 else {
            throw ArchiveError(file.name, entry: name, .unsupported("encryption"))
        }
        guard let size = Int(exactly: wide.size), let compressed = Int(exactly: wide.compressed),
            let offset = Int(exactly: wide.offset),
            let data = localData(
                at: offset, name: nameBytes, method: method, in: bytes,
                before: directoryOffset),
            compressed <= directoryOffset - data
        else { throw damaged("its local header or bytes lie outside the file", entry: name) }

        let entry = ZipEntry(
            name: name, size: size, compressedSize: compressed, crc32: crc32, method: method,
            dataOffset: data)
        try checkSize(entry)
        return entry
    }

    /// Where the bytes behind the local header begin; nil if the header is not the entry's.
    private func localData(
        at offset: Int, name: UnsafeRawBufferPointer, method: UInt16,
        in bytes: UnsafeRawBufferPointer, before directoryOffset: Int
    ) -> Int? {
        guard offset <= directoryOffset,
            var reader = FieldReader(bytes, at: offset, count: directoryOffset - offset),
            reader.u32() == ZipFormat.localHeader, reader.skip(4),
            reader.u16() == method, reader.skip(16),
            let nameCount = reader.u16(), let extraCount = reader.u16(),
            let localName = reader.take(Int(nameCount)), localName.elementsEqual(name),
            reader.skip(Int(extraCount))
        else { return nil }
        return reader.position
    }

    /// Deflate packs at most 1,032 bytes into one, so a larger claim is a lie; a smaller one may
    /// still be a bomb and must keep the limit.
    private func checkSize(_ entry: ZipEntry) throws(ArchiveError) {
        if entry.isStored {
            guard entry.size == entry.compressedSize else {
                throw damaged("two sizes for stored bytes", entry: entry.name)
            }
            return
        }
        guard entry.size / 1032 <= entry.compressedSize else {
            throw damaged("more bytes than deflate can pack", entry: entry.name)
        }
        try limiting(entry.name) { () throws(LimitError) in
            try Limits.checkUnpacked(entry.size, from: entry.compressedSize)
        }
    }

    private func limiting(
        _ entry: String? = nil, _ check: () throws(LimitError) -> Void
    ) throws(ArchiveError) {
        do {
            try check()
        } catch {
            throw ArchiveError(file.name, entry: entry, .limit(error))
        }
    }

    /// Names are relative and stay below the archive; none is given twice.
    private func checkNames(_ entries: [ZipEntry]) throws(ArchiveError) {
        var seen: Set<String> = []
        for entry in entries {
            let parts = entry.name.split(separator: "/", omittingEmptySubsequences: false)
            let isRelative = !entry.name.isEmpty && !entry.name.hasPrefix("/")
            let hasForeign = entry.name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\\") }
            guard isRelative, !hasForeign, !parts.contains("..") else {
                throw damaged("a name that leads out of the archive", entry: entry.name)
            }
            guard seen.insert(entry.name).inserted else {
                throw damaged("two entries of one name", entry: entry.name)
            }
        }
    }

    /// Entries that share bytes are how small archives unpack to petabytes.
    private func checkOverlap(_ entries: [ZipEntry]) throws(ArchiveError) {
        let sorted = entries.sorted { $0.dataOffset < $1.dataOffset }
        for (entry, next) in zip(sorted, sorted.dropFirst()) {
            let header = ZipFormat.localHeaderSize + next.name.utf8.count
            guard entry.dataOffset + entry.compressedSize <= next.dataOffset - header else {
                throw damaged("it overlaps \(entry.name)", entry: next.name)
            }
        }
    }
}

/// The numbers of an entry that zip64 moves into an extra field, in the order it keeps them.
private struct WideFields {
    private(set) var size: UInt64
    private(set) var compressed: UInt64
    private(set) var offset: UInt64
    private(set) var disk: UInt32
    private let wideSize, wideCompressed, wideOffset, wideDisk: Bool

    init(size: UInt32, compressed: UInt32, offset: UInt32, disk: UInt16) {
        self.size = UInt64(size)
        self.compressed = UInt64(compressed)
        self.offset = UInt64(offset)
        self.disk = UInt32(disk)
        wideSize = size == ZipFormat.wide32
        wideCompressed = compressed == ZipFormat.wide32
        wideOffset = offset == ZipFormat.wide32
        wideDisk = disk == ZipFormat.wide16
    }

    /// False if the extra field is cut off.
    mutating func resolve(from extra: UnsafeRawBufferPointer) -> Bool {
        guard wideSize || wideCompressed || wideOffset || wideDisk else { return true }
        guard var fields = FieldReader(extra, at: 0, count: extra.count) else { return false }
        while fields.left >= 4 {
            guard let kind = fields.u16(), let count = fields.u16(),
                let content = fields.take(Int(count))
            else { return false }
            guard kind == ZipFormat.zip64Extra else { continue }
            return read(content)
        }
        return true  // exactly 4 GiB less one byte needs no extra field
    }

    private mutating func read(_ content: UnsafeRawBufferPointer) -> Bool {
        guard var wide = FieldReader(content, at: 0, count: content.count) else { return false }
        if wideSize {
            guard let value = wide.u64() else { return false }
            size = value
        }
        if wideCompressed {
            guard let value = wide.u64() else { return false }
            compressed = value
        }
        if wideOffset {
            guard let value = wide.u64() else { return false }
            offset = value
        }
        if wideDisk {
            guard let value = wide.u32() else { return false }
            disk = value
        }
        return true
    }
}
