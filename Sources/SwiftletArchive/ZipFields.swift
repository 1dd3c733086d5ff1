/// The numbers that the zip format (APPNOTE 6.3.10) is made of.
enum ZipFormat {
    static let localHeader: UInt32 = 0x0403_4b50
    static let centralHeader: UInt32 = 0x0201_4b50
    static let endRecord: UInt32 = 0x0605_4b50
    static let zip64EndRecord: UInt32 = 0x0606_4b50
    static let zip64Locator: UInt32 = 0x0706_4b50

    static let localHeaderSize = 30
    static let centralHeaderSize = 46
    static let endRecordSize = 22
    static let zip64EndRecordSize = 56
    static let zip64LocatorSize = 20
    static let longestComment = 0xffff

    static let zip64Extra: UInt16 = 0x0001
    /// A field of 32 (16) bits that stands for the wider one in the zip64 record.
    static let wide32 = UInt32.max
    static let wide16 = UInt16.max

    static let stored: UInt16 = 0
    static let deflated: UInt16 = 8

    static let encryptedFlags: UInt16 = 1 << 0 | 1 << 6 | 1 << 13
    static let utf8Flag: UInt16 = 1 << 11
}

/// Little-endian numbers of a range of bytes, one after the other; nil past its end.
struct FieldReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    private let end: Int

    /// Nil if the range does not lie in `bytes`.
    init?(_ bytes: UnsafeRawBufferPointer, at position: Int, count: Int) {
        guard position >= 0, count >= 0, position <= bytes.count, count <= bytes.count - position
        else { return nil }
        self.bytes = bytes
        self.position = position
        end = position + count
    }

    var left: Int { end - position }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _: Number.Type
    ) -> Number? {
        let size = MemoryLayout<Number>.size
        guard left >= size else { return nil }
        let value = bytes.loadUnaligned(fromByteOffset: position, as: Number.self)
        position += size
        return Number(littleEndian: value)
    }

    mutating func u16() -> UInt16? { number(UInt16.self) }
    mutating func u32() -> UInt32? { number(UInt32.self) }
    mutating func u64() -> UInt64? { number(UInt64.self) }

    /// False if there are fewer bytes left.
    mutating func skip(_ count: Int) -> Bool {
        guard count <= left else { return false }
        position += count
        return true
    }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count <= left else { return nil }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }
}

extension [UInt8] {
    /// Appends numbers, each little-endian and as wide as its type.
    mutating func put<each Number: FixedWidthInteger & UnsignedInteger>(
        _ numbers: repeat each Number
    ) {
        for number in repeat each numbers {
            for shift in stride(from: 0, to: number.bitWidth, by: 8) {
                append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
    }
}
