package import SwiftletFiles
internal import SwiftletLimits

/// Files packed by gzip, one member or several in a row.
package enum Gzip {
    /// Whether the bytes begin as a gzip file does.
    package static func isPacked(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: [0x1f, 0x8b])
    }

    /// The unpacked bytes, checked against their CRC-32 and length.
    ///
    /// - Throws: ``ArchiveError``, also where the ``Limits`` in force hold the unpacked size for a
    ///   bomb.
    package static func unpacked(_ file: MappedFile) throws(ArchiveError) -> [UInt8] {
        var output: [UInt8] = []
        try unpack(file) { output += $0 }
        return output
    }

    /// The same, one piece after the other.
    package static func unpack(
        _ file: MappedFile, to sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        try file.withUnsafeBytes { bytes throws(ArchiveError) in
            var position = 0
            var total = 0
            repeat {
                guard let start = headerEnd(bytes, from: position) else {
                    throw damaged(file, "its header")
                }
                var member = Member(unpackedBefore: total)
                position = try member.inflate(bytes, from: start, to: sink, file)
                try member.checkTrailer(bytes, at: position, file)
                position += 8
                total += member.count
            } while position < bytes.count
        }
    }

    private static func damaged(_ file: MappedFile, _ what: String) -> ArchiveError {
        ArchiveError(file.name, .damaged("gzip: \(what)"))
    }

    /// Where the deflate stream begins; nil if there is no header of RFC 1952.
    private static func headerEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let fixed = 10
        guard bytes.count - start >= fixed, isPacked(.init(rebasing: bytes[start...])),
            bytes[start + 2] == 8
        else { return nil }
        let flags = bytes[start + 3]
        var position = start + fixed
        if flags & 4 != 0 {  // extra field
            guard bytes.count - position >= 2 else { return nil }
            position += 2 + Int(bytes[position]) + Int(bytes[position + 1]) << 8
        }
        for flag in [8, 16] as [UInt8] where flags & flag != 0 {  // name, comment
            guard position < bytes.count, let end = bytes[position...].firstIndex(of: 0) else {
                return nil
            }
            position = end + 1
        }
        if flags & 2 != 0 { position += 2 }  // checksum of the header
        return position <= bytes.count ? position : nil
    }

    /// One member while it is unpacked.
    private struct Member {
        /// What the members before it unpacked to.
        let unpackedBefore: Int
        private(set) var count = 0
        private var checksum: UInt32 = 0

        init(unpackedBefore: Int) { self.unpackedBefore = unpackedBefore }

        /// - Returns: where the packed bytes end.
        mutating func inflate(
            _ bytes: UnsafeRawBufferPointer, from start: Int,
            to sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void, _ file: MappedFile
        ) throws(ArchiveError) -> Int {
            guard let inflater = Inflater() else {
                throw ArchiveError(file.name, .file(.outOfMemory))
            }
            var position = start
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let step = chunk.withUnsafeMutableBytes {
                    inflater.step(from: .init(rebasing: bytes[position...]), to: $0)
                }
                position += step.taken
                count += step.given
                do {
                    try Limits.checkTime()
                    try Limits.checkUnpacked(unpackedBefore + count, from: bytes.count)
                } catch {
                    throw ArchiveError(file.name, .limit(error))
                }
                try chunk.withUnsafeBufferPointer { chunk throws(ArchiveError) in
                    let piece = UnsafeRawBufferPointer(
                        rebasing: UnsafeRawBufferPointer(chunk)[..<step.given])
                    checksum = crc32(of: piece, continuing: checksum)
                    try sink(piece)
                }
                if step.isEnd { return position }
                guard step.taken > 0 || step.given > 0 else {
                    throw Gzip.damaged(file, "its packed bytes")
                }
            }
        }

        func checkTrailer(
            _ bytes: UnsafeRawBufferPointer, at position: Int, _ file: MappedFile
        ) throws(ArchiveError) {
            guard bytes.count - position >= 8 else { throw Gzip.damaged(file, "cut off") }
            let stored = UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            let size = UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
            guard size == UInt32(truncatingIfNeeded: count), stored == checksum else {
                throw Gzip.damaged(file, "wrong CRC-32 or length")
            }
        }
    }
}
