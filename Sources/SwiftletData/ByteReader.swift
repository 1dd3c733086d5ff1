/// Reads numbers from bytes in order; an end that comes too early is an error.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var remaining: Int { max(0, bytes.count - position) }

    mutating func move(to position: Int) throws(DataError.Cause) {
        guard position >= 0, position <= bytes.count else {
            throw .truncated(needed: position, found: bytes.count)
        }
        self.position = position
    }

    mutating func take(_ count: Int) throws(DataError.Cause) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw .truncated(
                needed: position.addingReportingOverflow(count).partialValue, found: bytes.count)
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    mutating func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type = Number.self
    ) throws(DataError.Cause) -> Number {
        Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }

    mutating func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type = Number.self
    ) throws(DataError.Cause) -> Number {
        Number(bigEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }
}
