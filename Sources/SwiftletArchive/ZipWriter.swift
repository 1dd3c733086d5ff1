internal import SwiftletFiles

/// Writes a zip archive that appears under its path whole or not at all.
///
/// The same entries give the same bytes: times are left at the format's first day, as Keras does.
package struct ZipWriter: ~Copyable {
    private let file: AtomicFile
    private let path: String
    private var position: UInt64 = 0
    private var directory: [UInt8] = []
    private var names: Set<String> = []
    /// Numbers from here on go to zip64 fields; lowered only to test these on small files.
    private let wideFrom: UInt64

    package init(
        replacing path: String, wideFrom: UInt64 = UInt64(ZipFormat.wide32)
    ) throws(ArchiveError) {
        self.path = path
        self.wideFrom = wideFrom
        do {
            file = try AtomicFile(replacing: path)
        } catch {
            throw ArchiveError(error)
        }
    }

    /// Adds an entry.
    ///
    /// - Parameters:
    ///   - compressed: deflate the bytes; otherwise they are stored, as Keras reads fastest.
    ///   - alignment: stored bytes begin at a multiple of this in the file, so that they can be
    ///     used in place when the file is mapped.
    package mutating func add(
        _ name: String, _ bytes: UnsafeRawBufferPointer, compressed: Bool = false,
        alignment: Int = 1
    ) throws(ArchiveError) {
        try claim(name)
        var packed: [UInt8]?
        if compressed {
            packed = deflated(bytes)
            guard packed != nil else {
                throw ArchiveError(path, entry: name, .file(.outOfMemory))
            }
        }
        let entry = entry(
            name, compressed ? ZipFormat.deflated : ZipFormat.stored, crc32(of: bytes),
            size: bytes.count, packed: packed?.count ?? bytes.count)
        try write(entry.localHeader(alignment: compressed ? 1 : alignment))
        if let packed { try write(packed) } else { try write(bytes) }
        directory += entry.centralHeader()
    }

    /// Adds an entry whose bytes come piece by piece and need not fit in memory.
    ///
    /// - Parameter content: calls its argument with one piece after the other; the same ones each time.
    package mutating func add(
        _ name: String, compressed: Bool = false, alignment: Int = 1,
        pieces content: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try claim(name)
        var checksum: UInt32 = 0
        var count = 0
        func note(_ piece: UnsafeRawBufferPointer) {
            checksum = crc32(of: piece, continuing: checksum)
            count += piece.count
        }
        guard compressed else {
            try content(note)
            let entry = entry(name, ZipFormat.stored, checksum, size: count, packed: count)
            try write(entry.localHeader(alignment: alignment))
            try content { try write($0) }
            directory += entry.centralHeader()
            return
        }
        // Its header, which comes first, says how long the packed bytes are.
        guard let deflater = Deflater() else {
            throw ArchiveError(path, entry: name, .file(.outOfMemory))
        }
        var spool = try SpoolFile(name: path)
        try content { piece in
            note(piece)
            try deflater.add(piece, isLast: false) { try spool.append($0) }
        }
        try deflater.add(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) {
            try spool.append($0)
        }
        let packed = try spool.finish()
        let entry = entry(name, ZipFormat.deflated, checksum, size: count, packed: packed.count)
        try write(entry.localHeader(alignment: 1))
        try packed.forEachPiece { try write($0) }
        directory += entry.centralHeader()
    }

    private mutating func claim(_ name: String) throws(ArchiveError) {
        guard names.insert(name).inserted, (1...Int(UInt16.max)).contains(name.utf8.count) else {
            throw ArchiveError(path, entry: name, .unsupported("such an entry name, or one twice,"))
        }
    }

    private func entry(
        _ name: String, _ method: UInt16, _ checksum: UInt32, size: Int, packed: Int
    ) -> Entry {
        Entry(
            name: Array(name.utf8), method: method, crc32: checksum, size: UInt64(size),
            compressedSize: UInt64(packed), offset: position, wideFrom: wideFrom)
    }

    package mutating func add(
        _ name: String, _ bytes: [UInt8], compressed: Bool = false, alignment: Int = 1
    ) throws(ArchiveError) {
        try bytes.withUnsafeBufferPointer { bytes throws(ArchiveError) in
            try add(
                name, UnsafeRawBufferPointer(bytes), compressed: compressed, alignment: alignment)
        }
    }

    package mutating func add(
        _ name: String, _ text: String, compressed: Bool = false
    ) throws(ArchiveError) {
        try add(name, Array(text.utf8), compressed: compressed)
    }

    /// Writes the directory and puts the file under its path.
    package consuming func finish() throws(ArchiveError) {
        let start = position
        try write(directory)
        try write(endRecords(directoryOffset: start))
        do {
            try file.commit()
        } catch {
            throw ArchiveError(error)
        }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        do {
            try file.write(bytes)
        } catch {
            throw ArchiveError(error)
        }
        position += UInt64(bytes.count)
    }

    private mutating func write(_ bytes: [UInt8]) throws(ArchiveError) {
        try bytes.withUnsafeBufferPointer { bytes throws(ArchiveError) in
            try write(UnsafeRawBufferPointer(bytes))
        }
    }

    private func endRecords(directoryOffset: UInt64) -> [UInt8] {
        let count = UInt64(names.count)
        let size = UInt64(directory.count)
        var bytes: [UInt8] = []
        let isWide =
            count >= UInt64(ZipFormat.wide16) || size >= wideFrom || directoryOffset >= wideFrom
        if isWide {
            bytes.put(
                ZipFormat.zip64EndRecord, UInt64(ZipFormat.zip64EndRecordSize - 12), Entry.madeBy,
                Entry.wideVersion, UInt32(0), UInt32(0), count, count, size, directoryOffset)
            bytes.put(ZipFormat.zip64Locator, UInt32(0), directoryOffset + size, UInt32(1))
        }
        let shortCount = isWide ? ZipFormat.wide16 : UInt16(count)
        bytes.put(
            ZipFormat.endRecord, UInt16(0), UInt16(0), shortCount, shortCount,
            isWide ? ZipFormat.wide32 : UInt32(size),
            isWide ? ZipFormat.wide32 : UInt32(directoryOffset), UInt16(0))
        return bytes
    }
}

/// The two headers of one entry.
private struct Entry {
    let name: [UInt8]
    let method: UInt16
    let crc32: UInt32
    let size, compressedSize, offset: UInt64
    let wideFrom: UInt64

    /// Written on Unix under version 2.0 of the format; 4.5 where zip64 is used.
    static let madeBy: UInt16 = 3 << 8 | 45
    static let plainVersion: UInt16 = 20
    static let wideVersion: UInt16 = 45
    /// 1 January 1980, midnight.
    private static let time: UInt16 = 0
    private static let date: UInt16 = 1 << 5 | 1
    /// A regular file that its owner reads and writes.
    private static let attributes: UInt32 = 0o100_600 << 16
    /// The extra field whose content is padding; Android's tools introduced it.
    private static let alignmentExtra: UInt16 = 0xd935

    private var hasWideSizes: Bool { size >= wideFrom || compressedSize >= wideFrom }
    private var version: UInt16 {
        hasWideSizes || offset >= wideFrom ? Self.wideVersion : Self.plainVersion
    }

    private func putCommon(to bytes: inout [UInt8]) {
        bytes.put(
            version, ZipFormat.utf8Flag, method, Self.time, Self.date, crc32,
            hasWideSizes ? ZipFormat.wide32 : UInt32(compressedSize),
            hasWideSizes ? ZipFormat.wide32 : UInt32(size), UInt16(name.count))
    }

    func localHeader(alignment: Int) -> [UInt8] {
        var extra: [UInt8] = []
        if hasWideSizes { extra.put(ZipFormat.zip64Extra, UInt16(16), size, compressedSize) }
        let end = Int(offset) + ZipFormat.localHeaderSize + name.count + extra.count
        if alignment > 1, end % alignment != 0 {
            let header = 4
            let padding = alignment - 1 - (end + header + alignment - 1) % alignment
            extra.put(Self.alignmentExtra, UInt16(padding))
            extra += repeatElement(0, count: padding)
        }
        var bytes: [UInt8] = []
        bytes.put(ZipFormat.localHeader)
        putCommon(to: &bytes)
        bytes.put(UInt16(extra.count))
        return bytes + name + extra
    }

    func centralHeader() -> [UInt8] {
        var extra: [UInt8] = []
        let isFar = offset >= wideFrom
        if hasWideSizes || isFar {
            extra.put(ZipFormat.zip64Extra, UInt16((hasWideSizes ? 16 : 0) + (isFar ? 8 : 0)))
            if hasWideSizes { extra.put(size, compressedSize) }
            if isFar { extra.put(offset) }
        }
        var bytes: [UInt8] = []
        bytes.put(ZipFormat.centralHeader, Self.madeBy)
        putCommon(to: &bytes)
        bytes.put(
            UInt16(extra.count), UInt16(0), UInt16(0), UInt16(0), Self.attributes,
            isFar ? ZipFormat.wide32 : UInt32(offset))
        return bytes + name + extra
    }
}
