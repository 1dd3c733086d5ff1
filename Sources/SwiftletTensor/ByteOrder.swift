/// Turns numbers of `size` bytes from one byte order into the other.
package func reverseBytes(_ bytes: UnsafeMutableRawBufferPointer, size: Int) {
    func swap<Word: FixedWidthInteger & BitwiseCopyable>(_: Word.Type) {
        let words = bytes.assumingMemoryBound(to: Word.self)
        for index in words.indices { words[index] = words[index].byteSwapped }
    }
    switch size {
    case 2: swap(UInt16.self)
    case 4: swap(UInt32.self)
    case 8: swap(UInt64.self)
    default: break
    }
}
