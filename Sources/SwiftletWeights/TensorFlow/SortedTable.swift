/// LevelDB's table of sorted keys, as TensorFlow's checkpoint index is one: blocks of entries, an
/// index of the blocks, a footer. Compressed blocks are not read; TensorFlow writes none.
struct SortedTable {
    private let bytes: UnsafeRawBufferPointer
    private static let magic: UInt64 = 0xdb47_7524_8b80_fb57
    private static let footerSize = 48
    private static let trailerSize = 5

    static func isTable(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= footerSize else { return false }
        let value = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
        return UInt64(littleEndian: value) == magic
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(WeightFileError.Cause) {
        guard Self.isTable(bytes) else { throw .damaged("the index is cut off or none") }
        self.bytes = bytes
    }

    /// Every entry, in order.
    func entries() throws(WeightFileError.Cause) -> [(key: [UInt8], value: UnsafeRawBufferPointer)]
    {
        var footer = ByteReader(bytes, from: bytes.count - Self.footerSize)
        _ = (try footer.varint(), try footer.varint())
        let index = try block(footer.varintSize(), footer.varintSize())
        var entries: [(key: [UInt8], value: UnsafeRawBufferPointer)] = []
        for (_, handle) in try Self.entries(of: index) {
            var reader = ByteReader(handle)
            let data = try block(reader.varintSize(), reader.varintSize())
            entries += try Self.entries(of: data)
            // Blocks do not overlap, so there are no more entries than bytes.
            guard entries.count <= bytes.count else { throw .damaged("blocks that overlap") }
        }
        return entries
    }

    private func block(
        _ offset: Int, _ size: Int
    ) throws(WeightFileError.Cause) -> UnsafeRawBufferPointer {
        guard offset <= bytes.count else { throw .damaged("a block at \(offset)") }
        var reader = ByteReader(bytes, from: offset)
        let data = try reader.take(size)
        guard try reader.byte() == 0 else { throw .unsupported("a compressed index") }
        return data
    }

    /// The entries of a block; each key repeats a part of the one before it.
    private static func entries(
        of block: UnsafeRawBufferPointer
    ) throws(WeightFileError.Cause) -> [(key: [UInt8], value: UnsafeRawBufferPointer)] {
        guard block.count >= 4 else { throw .damaged("a block of \(block.count) bytes") }
        let count = UInt32(
            littleEndian: block.loadUnaligned(fromByteOffset: block.count - 4, as: UInt32.self))
        let restarts = 4 * (Int(count) + 1)
        guard restarts <= block.count else { throw .damaged("a block of \(count) restarts") }
        var reader = ByteReader(
            UnsafeRawBufferPointer(rebasing: block[..<(block.count - restarts)]))
        var entries: [(key: [UInt8], value: UnsafeRawBufferPointer)] = []
        var key: [UInt8] = []
        var keyBytes = 0
        while reader.remaining > 0 {
            let shared = try reader.varintSize()
            let own = try reader.varintSize()
            let valueCount = try reader.varintSize()
            guard shared <= key.count else { throw .damaged("a key of the index") }
            key.removeLast(key.count - shared)
            key += try reader.take(own)
            keyBytes += key.count
            guard keyBytes < 1 << 26 else { throw .damaged("keys of \(keyBytes) bytes") }
            entries.append((key, try reader.take(valueCount)))
        }
        return entries
    }
}

/// The fields of a Protocol Buffers message, one after the other.
struct ProtobufFields {
    enum Value {
        case number(UInt64)
        case bytes(UnsafeRawBufferPointer)
    }

    private var reader: ByteReader

    init(_ bytes: UnsafeRawBufferPointer) { reader = ByteReader(bytes) }

    mutating func next() throws(WeightFileError.Cause) -> (field: UInt64, value: Value)? {
        guard reader.remaining > 0 else { return nil }
        let tag = try reader.varint()
        let field = tag >> 3
        switch tag & 7 {
        case 0: return (field, .number(try reader.varint()))
        case 1: return (field, .number(try reader.littleEndian()))
        case 2: return (field, .bytes(try reader.take(reader.varintSize())))
        case 5: return (field, .number(UInt64(try reader.littleEndian(UInt32.self))))
        default: throw .damaged("a message's field of kind \(tag & 7)")
        }
    }
}
