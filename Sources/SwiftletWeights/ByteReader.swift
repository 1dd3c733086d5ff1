internal import SwiftletFiles

/// Reads numbers from bytes in order; an end that comes too early is an error.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var remaining: Int { max(0, bytes.count - position) }

    mutating func take(_ count: Int) throws(WeightFileError.Cause) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw .damaged(
                "\(count) bytes at \(position) are beyond the end at \(bytes.count)")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    mutating func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type = Number.self
    ) throws(WeightFileError.Cause) -> Number {
        Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }

    mutating func byte() throws(WeightFileError.Cause) -> UInt8 { try littleEndian() }

    /// A length or offset of 64 bits that has to fit an `Int`.
    mutating func size() throws(WeightFileError.Cause) -> Int {
        let value = try littleEndian(UInt64.self)
        guard let size = Int(exactly: value) else { throw .damaged("a size of \(value) bytes") }
        return size
    }

    /// The bytes up to a line end, which is stepped over.
    mutating func line() throws(WeightFileError.Cause) -> UnsafeRawBufferPointer {
        guard let end = bytes[position...].firstIndex(of: 0x0a) else {
            throw .damaged("a line without an end")
        }
        defer { position = end + 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    }

    /// A number of seven bits a byte, as Protocol Buffers and LevelDB store them.
    mutating func varint() throws(WeightFileError.Cause) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte & 0x80 == 0 { return value }
        }
        throw .damaged("a number of more than 64 bits")
    }

    mutating func varintSize() throws(WeightFileError.Cause) -> Int {
        let value = try varint()
        guard let size = Int(exactly: value) else { throw .damaged("a size of \(value) bytes") }
        return size
    }
}

func text(_ bytes: some Collection<UInt8>) throws(WeightFileError.Cause) -> String {
    guard let text = String(strictUTF8: bytes) else {
        throw .damaged("a name is not UTF-8")
    }
    return text
}
