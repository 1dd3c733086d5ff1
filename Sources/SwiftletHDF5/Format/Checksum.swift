/// The checksum of the format's structures: Bob Jenkins' lookup3 `hashlittle` with initial value 0,
/// which also orders names in B-trees of version 2.
func lookup3(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var a = UInt32(0xdead_beef) &+ UInt32(truncatingIfNeeded: bytes.count)
    var b = a
    var c = a
    func rotate(_ x: UInt32, _ k: UInt32) -> UInt32 { (x << k) | (x >> (32 - k)) }
    func word(_ offset: Int) -> UInt32 {
        if offset + 4 <= bytes.count {
            return UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        var value: UInt32 = 0
        for index in 0..<4 where offset + index < bytes.count {
            value |= UInt32(bytes[offset + index]) << UInt32(8 * index)
        }
        return value
    }
    var offset = 0
    while bytes.count - offset > 12 {
        a &+= word(offset)
        b &+= word(offset + 4)
        c &+= word(offset + 8)
        a = (a &- c) ^ rotate(c, 4)
        c = c &+ b
        b = (b &- a) ^ rotate(a, 6)
        a = a &+ c
        c = (c &- b) ^ rotate(b, 8)
        b = b &+ a
        a = (a &- c) ^ rotate(c, 16)
        c = c &+ b
        b = (b &- a) ^ rotate(a, 19)
        a = a &+ c
        c = (c &- b) ^ rotate(b, 4)
        b = b &+ a
        offset += 12
    }
    guard offset < bytes.count else { return c }
    a &+= word(offset)
    b &+= word(offset + 4)
    c &+= word(offset + 8)
    c = (c ^ b) &- rotate(b, 14)
    a = (a ^ c) &- rotate(c, 11)
    b = (b ^ a) &- rotate(a, 25)
    c = (c ^ b) &- rotate(b, 16)
    a = (a ^ c) &- rotate(c, 4)
    b = (b ^ a) &- rotate(a, 14)
    c = (c ^ b) &- rotate(b, 24)
    return c
}

/// The checksum of the Fletcher32 filter: over 16-bit big-endian words, an odd last byte alone.
func fletcher32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var sum1: UInt32 = 0
    var sum2: UInt32 = 0
    func folded(_ sum: UInt32) -> UInt32 { (sum & 0xffff) + (sum >> 16) }
    var offset = 0
    while bytes.count - offset >= 2 {
        // 360 words are as many as the sums hold without overflow.
        let stop = min(offset + 720, bytes.count & ~1)
        while offset < stop {
            sum1 &+= UInt32(bytes[offset]) << 8 | UInt32(bytes[offset + 1])
            sum2 &+= sum1
            offset += 2
        }
        sum1 = folded(sum1)
        sum2 = folded(sum2)
    }
    if offset < bytes.count {
        sum1 &+= UInt32(bytes[offset]) << 8
        sum2 &+= sum1
        sum1 = folded(sum1)
        sum2 = folded(sum2)
    }
    return folded(sum2) << 16 | folded(sum1)
}
