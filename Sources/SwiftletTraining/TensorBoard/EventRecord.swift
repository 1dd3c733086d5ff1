/// One record of a TensorBoard event file: a length and bytes, each with its checksum.
enum EventRecord {
    /// `[length][checksum of the length][bytes][checksum of the bytes]`, all little-endian.
    static func framed(_ bytes: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(bytes.count))
        return length + littleEndian(masked(length)) + bytes + littleEndian(masked(bytes))
    }

    private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    /// A checksum that is safe to be checksummed again.
    private static func masked(_ bytes: [UInt8]) -> UInt32 {
        let sum = castagnoli(bytes)
        return (sum >> 15 | sum << 17) &+ 0xa282_ead8
    }

    /// CRC-32C.
    static func castagnoli(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in
            table[Int((sum ^ UInt32(byte)) & 0xff)] ^ (sum >> 8)
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in
            sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0x82f6_3b78
        }
    }
}

/// Bytes of a protocol buffer, field by field.
struct ProtocolBuffer {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, _ number: Int) {
        guard number != 0 else { return }  // the default is left out
        key(field, wireType: 0)
        variable(UInt64(bitPattern: Int64(number)))
    }

    mutating func add(_ field: Int, _ number: Double) {
        key(field, wireType: 1)
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func add(_ field: Int, _ data: [UInt8]) {
        key(field, wireType: 2)
        variable(UInt64(data.count))
        bytes += data
    }

    mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

    /// A message of its own.
    mutating func add(_ field: Int, _ build: (inout ProtocolBuffer) -> Void) {
        var inner = ProtocolBuffer()
        build(&inner)
        add(field, inner.bytes)
    }

    private mutating func key(_ field: Int, wireType: Int) {
        variable(UInt64(field << 3 | wireType))
    }

    private mutating func variable(_ number: UInt64) {
        var rest = number
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
