internal import CZlib
internal import SwiftletMachine

extension FilterPipeline {
    /// Undoes the filters of a chunk, the last one first.
    ///
    /// - Returns: `size` bytes; nil if no filter was applied and the bytes are as they should be.
    func unpacked(
        _ packed: UnsafeRawBufferPointer, skipping: UInt32, to size: Int
    ) throws(Refusal) -> [UInt8]? {
        guard Machine.hasRoom(for: size) else { throw .outOfMemory }
        let applied = filters.enumerated().filter { skipping & (1 << UInt32($0.offset)) == 0 }
            .map(\.element)
        guard !applied.isEmpty else {
            guard packed.count == size else { throw .damaged("a chunk of the wrong size") }
            return nil
        }
        var bytes: [UInt8]?
        for (index, filter) in applied.enumerated().reversed() {
            let input = bytes
            bytes = try Self.withBytes(input, or: packed) { (source) throws(Refusal) in
                switch filter {
                case .fletcher32: return try Self.checked(source)
                case .shuffle(let elementSize):
                    return Self.unshuffled(source, elementSize: elementSize)
                case .deflate:
                    let sums = applied[..<index].count { $0 == .fletcher32 }
                    return try Self.inflated(source, to: size + 4 * sums)
                }
            }
        }
        guard let bytes, bytes.count == size else { throw .damaged("a chunk of the wrong size") }
        return bytes
    }

    private static func withBytes(
        _ bytes: [UInt8]?, or packed: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(Refusal) -> [UInt8]
    ) throws(Refusal) -> [UInt8] {
        guard let bytes else { return try body(packed) }
        return try bytes.withUnsafeBufferPointer { (buffer) throws(Refusal) in
            try body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The bytes without the sum behind them, which old libraries stored with bytes swapped.
    private static func checked(_ source: UnsafeRawBufferPointer) throws(Refusal) -> [UInt8] {
        guard source.count >= 4 else { throw .damaged("a chunk without its checksum") }
        let data = UnsafeRawBufferPointer(rebasing: source[..<(source.count - 4)])
        let stored = UInt32(
            littleEndian: source.loadUnaligned(fromByteOffset: data.count, as: UInt32.self))
        let sum = fletcher32(data)
        let swapped = (sum & 0xff00_ff00) >> 8 | (sum & 0x00ff_00ff) << 8
        guard stored == sum || stored == swapped else {
            throw .damaged("wrong checksum of a chunk")
        }
        return Array(data)
    }

    /// From all first bytes, all second bytes … back to elements.
    private static func unshuffled(
        _ source: UnsafeRawBufferPointer, elementSize: Int
    ) -> [UInt8] {
        let count = source.count / elementSize
        guard elementSize > 1, count > 1 else { return Array(source) }
        return [UInt8](unsafeUninitializedCapacity: source.count) { output, filled in
            for byte in 0..<elementSize {
                let plane = byte * count
                var to = byte
                for index in 0..<count {
                    output[to] = source[plane + index]
                    to += elementSize
                }
            }
            for index in count * elementSize..<source.count { output[index] = source[index] }
            filled = source.count
        }
    }

    private static func inflated(
        _ source: UnsafeRawBufferPointer, to size: Int
    ) throws(Refusal) -> [UInt8] {
        var status = Z_OK
        let bytes = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { output, filled in
            var count = uLongf(size)
            status = uncompress(
                output.baseAddress, &count, source.bindMemory(to: UInt8.self).baseAddress,
                uLong(source.count))
            filled = status == Z_OK ? Int(count) : 0
        }
        guard status == Z_OK, bytes.count == size else {
            throw .damaged("the packed bytes of a chunk")
        }
        return bytes
    }
}
