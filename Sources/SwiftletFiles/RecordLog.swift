/// Records in a file that grows, for work that goes on where it was broken off.
///
/// Behind a mark come records: a kind, a length, so many bytes and a checksum of them. A record that was
/// not written to its end is cut off when the file is opened again, and so is what stands behind it.
package final class RecordLog {
    /// The file begins with another mark.
    package struct Foreign: Error {}

    /// Bytes of a record in the file.
    package typealias Body = Range<Int>

    package let path: String
    private let file: GrowingFile
    private var end: Int

    private static let headSize = 12
    private static let checksumSize = 8
    /// Pages of a file that is read through are given back after so many bytes.
    private static let releasedAtOnce = 1 << 24

    /// Opens a log, or begins one.
    ///
    /// - Parameter note: takes every whole record and says whether it makes sense.
    /// - Throws: ``Foreign``; ``FileError``, also if the file is in use.
    package init(
        _ path: String, mark: [UInt8],
        note: (_ kind: UInt32, _ bytes: UnsafeRawBufferPointer, _ body: Body) -> Bool
    ) throws {
        self.path = path
        file = try GrowingFile(path)
        let mapped = try file.mapped(name: path)
        end = try Self.read(mapped, mark, note)
        if end == 0 {
            try file.truncate(to: 0)
            try file.append(mark)
            end = mark.count
        } else if end < mapped.count {
            try file.truncate(to: end)
        }
    }

    /// A log without a name that is gone with the process.
    ///
    /// - Parameter name: what errors call it.
    package init(temporary name: String) throws(FileError) {
        path = name
        file = try GrowingFile(temporary: name)
        end = 0
    }

    /// Notes every whole record; returns where they end.
    private static func read(
        _ mapped: MappedFile, _ mark: [UInt8],
        _ note: (UInt32, UnsafeRawBufferPointer, Body) -> Bool
    ) throws -> Int {
        try mapped.withUnsafeBytes { bytes in
            guard bytes.count >= mark.count else {
                guard bytes.elementsEqual(mark.prefix(bytes.count)) else { throw Foreign() }
                return 0
            }
            guard bytes.starts(with: mark) else { throw Foreign() }
            var position = mark.count
            var released = 0
            while bytes.count - position >= headSize + checksumSize {
                let kind = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
                let length = bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt64.self)
                let start = position + headSize
                guard let length = Int(exactly: length),
                    length <= bytes.count - start - checksumSize
                else { break }
                let body = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
                let sum = bytes.loadUnaligned(fromByteOffset: start + length, as: UInt64.self)
                guard sum == checksum(body), note(kind, body, start..<start + length) else {
                    break
                }
                position = start + length + checksumSize
                if position - released > releasedAtOnce {
                    mapped.release(UnsafeRawBufferPointer(rebasing: bytes[released..<position]))
                    released = position
                }
            }
            return position
        }
    }

    /// Adds a record; returns where its bytes lie.
    @discardableResult
    package func append(_ kind: UInt32, _ body: [UInt8]) throws(FileError) -> Body {
        var record: [UInt8] = []
        record.reserveCapacity(body.count + Self.headSize + Self.checksumSize)
        withUnsafeBytes(of: kind) { record += $0 }
        withUnsafeBytes(of: UInt64(body.count)) { record += $0 }
        record += body
        withUnsafeBytes(of: body.withUnsafeBytes { checksum($0) }) { record += $0 }
        try file.append(record)
        let start = end + Self.headSize
        end += record.count
        return start..<start + body.count
    }

    /// The file as it is now.
    package func mapped() throws(FileError) -> MappedFile { try file.mapped(name: path) }
}
