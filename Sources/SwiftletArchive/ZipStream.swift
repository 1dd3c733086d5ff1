internal import CZlib
internal import SwiftletFiles
internal import SwiftletLimits

/// The bytes of one entry in order, unpacked as they are asked for.
package struct ZipStream: ~Copyable {
    private let file: MappedFile
    private let entry: ZipEntry
    private let inflater: Inflater?
    /// Packed bytes that have been taken, unpacked bytes that have been given.
    private var taken = 0
    private var given = 0
    private var checksum: UInt32 = 0
    /// Whether all bytes given so far are in the checksum.
    private var isWhole = true
    /// Packed bytes whose memory was given back.
    private var released = 0
    private static let releasedAtOnce = 1 << 24

    init(_ entry: ZipEntry, in file: MappedFile) throws(ArchiveError) {
        self.file = file
        self.entry = entry
        switch entry.method {
        case ZipFormat.stored: inflater = nil
        case ZipFormat.deflated:
            guard let made = Inflater() else {
                throw ArchiveError(file.name, entry: entry.name, .file(.outOfMemory))
            }
            inflater = made
        default:
            throw ArchiveError(
                file.name, entry: entry.name, .unsupported("compression method \(entry.method)"))
        }
    }

    /// Bytes still to come.
    package var left: Int { entry.size - given }

    /// Fills `buffer` as far as the entry reaches. The last bytes are given out only if the whole
    /// entry has its CRC-32.
    ///
    /// - Returns: the number of bytes written, 0 at the end.
    package mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Int {
        do {
            try Limits.checkTime()
        } catch {
            throw ArchiveError(file.name, entry: entry.name, .limit(error))
        }
        let count = min(buffer.count, left)
        let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        if inflater == nil { copy(to: wanted) } else { try inflate(to: wanted) }
        checksum = crc32(of: UnsafeRawBufferPointer(wanted), continuing: checksum)
        given += count
        if left == 0 { try checkEnd() }
        releaseTaken()
        return count
    }

    /// What has been unpacked is not needed again.
    private mutating func releaseTaken() {
        guard taken - released > Self.releasedAtOnce || left == 0 else { return }
        let range = entry.dataOffset + released..<entry.dataOffset + taken
        file.withUnsafeBytes { file.release(UnsafeRawBufferPointer(rebasing: $0[range])) }
        released = taken
    }

    /// Passes over the next bytes. Those of stored entries are not looked at: whether the entry has its
    /// CRC-32 is then not known at its end.
    package mutating func skip(_ count: Int) throws(ArchiveError) {
        guard count > 0 else { return }
        guard count <= left else { throw damaged("shorter than its content needs") }
        if inflater == nil {
            taken += count
            given += count
            isWhole = false
            releaseTaken()
            return
        }
        var scratch = [UInt8](repeating: 0, count: min(count, 1 << 20))
        var rest = count
        while rest > 0 {
            let piece = min(rest, scratch.count)
            try scratch.withUnsafeMutableBufferPointer { (scratch) throws(ArchiveError) in
                try read(
                    exactly: UnsafeMutableRawBufferPointer(
                        UnsafeMutableBufferPointer(rebasing: scratch[..<piece])))
            }
            rest -= piece
        }
    }

    /// Fills all of `buffer`.
    package mutating func read(
        exactly buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) {
        guard try read(into: buffer) == buffer.count else {
            throw damaged("shorter than its content needs")
        }
    }

    private func damaged(_ what: String) -> ArchiveError {
        ArchiveError(file.name, entry: entry.name, .damaged(what))
    }

    private func packed(from start: Int) -> Range<Int> {
        entry.dataOffset + start..<entry.dataOffset + entry.compressedSize
    }

    private mutating func copy(to buffer: UnsafeMutableRawBufferPointer) {
        let start = entry.dataOffset + taken
        file.withUnsafeBytes { buffer.copyBytes(from: $0[start..<start + buffer.count]) }
        taken += buffer.count
    }

    private mutating func inflate(
        to buffer: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) {
        guard let inflater, !buffer.isEmpty else { return }
        let range = packed(from: taken)
        let step = file.withUnsafeBytes {
            inflater.step(from: UnsafeRawBufferPointer(rebasing: $0[range]), to: buffer)
        }
        taken += step.taken
        guard step.given == buffer.count else { throw damaged("its packed bytes") }
    }

    /// At the end the packed bytes are used up, nothing more unpacks, and the checksum fits.
    private mutating func checkEnd() throws(ArchiveError) {
        if let inflater {
            let range = packed(from: taken)
            let step = file.withUnsafeBytes { bytes in
                withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) {
                    inflater.step(from: UnsafeRawBufferPointer(rebasing: bytes[range]), to: $0)
                }
            }
            taken += step.taken
            guard step.given == 0, step.isEnd, taken == entry.compressedSize else {
                throw damaged("its packed bytes do not end with its size")
            }
        }
        guard checksum == entry.crc32 || !isWhole else { throw damaged("wrong CRC-32") }
    }
}
