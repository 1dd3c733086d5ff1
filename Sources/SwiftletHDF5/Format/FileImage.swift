internal import SwiftletFiles
internal import SwiftletLimits
internal import SwiftletTensor

/// The bytes of an HDF5 file from its superblock on: addresses in the file count from there.
final class FileImage: ReleasableBytes, @unchecked Sendable {
    let file: MappedFile
    private let bytes: UnsafeRawBufferPointer

    /// - Parameter start: where the superblock lies, behind a user block.
    init(_ file: MappedFile, from start: Int) {
        self.file = file
        bytes = file.withUnsafeBytes {
            UnsafeRawBufferPointer(rebasing: $0[min(start, $0.count)...])
        }
    }

    var count: Int { bytes.count }

    func release(_ bytes: UnsafeRawBufferPointer) { file.release(bytes) }

    /// The bytes of a range, cut off at the end of the file. They live as long as this object.
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)])
    }
}

/// What one operation reads of a file, within an allowance of bytes.
///
/// Every structure is charged its size when it is looked at. A sound file has each structure once,
/// so an allowance of a few times the file's size is never met; a file whose parts share or hold
/// each other runs out of it instead of keeping the reader busy.
final class Reading {
    let image: FileImage
    /// The sizes of file addresses and of lengths, in bytes.
    let addressSize: Int
    let lengthSize: Int
    /// Whether the checksums of structures are compared, as they are outside of tests.
    let verifiesChecksums: Bool
    private(set) var used = 0
    private let allowance: Int

    init(
        _ image: FileImage, addressSize: Int, lengthSize: Int, allowance: Int,
        verifiesChecksums: Bool
    ) {
        self.image = image
        self.addressSize = addressSize
        self.lengthSize = lengthSize
        self.allowance = allowance
        self.verifiesChecksums = verifiesChecksums
    }

    func charge(_ bytes: Int) throws(Refusal) {
        guard bytes <= allowance - used else {
            throw .damaged("its parts overlap or hold each other")
        }
        try limiting { () throws(LimitError) in try Limits.checkTime() }
        used += bytes
    }

    /// A range of the file that is known to exist.
    func range(at address: Int, count: Int) throws(Refusal) -> Range<Int> {
        guard address >= 0, count >= 0, address <= image.count, count <= image.count - address
        else { throw .damaged("\(count) bytes at \(address) lie outside the file") }
        return address..<address + count
    }

    /// The fields of a structure, which is charged.
    func fields(at address: Int, count: Int) throws(Refusal) -> Fields {
        let range = try range(at: address, count: count)
        try charge(count)
        return Fields(range, self)
    }

    /// The fields behind a structure's signature.
    func fields(
        _ signature: StaticString, at address: Int, count: Int
    ) throws(Refusal) -> Fields {
        var fields = try fields(at: address, count: count)
        try fields.expect(signature)
        return fields
    }

    /// The fields between a structure's signature and the checksum in its last four bytes.
    func checkedFields(
        _ signature: StaticString, at address: Int, count: Int
    ) throws(Refusal) -> Fields {
        var fields = try fields(at: address, count: count)
        guard fields.dropChecksum(over: fields.range) else {
            throw .damaged("wrong checksum of \(signature) at \(address)")
        }
        try fields.expect(signature)
        return fields
    }
}

/// The fields of a structure in their order, little-endian. What lies beyond the end is an error.
struct Fields {
    let reading: Reading
    private(set) var position: Int
    private(set) var end: Int

    init(_ range: Range<Int>, _ reading: Reading) {
        self.reading = reading
        position = range.lowerBound
        end = range.upperBound
    }

    var left: Int { end - position }
    var range: Range<Int> { position..<end }

    /// The range of the next bytes, which are skipped.
    mutating func take(_ count: Int) throws(Refusal) -> Range<Int> {
        guard count >= 0, count <= left else { throw .damaged("a structure is cut short") }
        defer { position += count }
        return position..<position + count
    }

    mutating func skip(_ count: Int) throws(Refusal) { _ = try take(count) }

    mutating func fields(_ count: Int) throws(Refusal) -> Fields {
        Fields(try take(count), reading)
    }

    mutating func bytes(_ count: Int) throws(Refusal) -> UnsafeRawBufferPointer {
        reading.image.bytes(try take(count))
    }

    /// A number of up to eight bytes.
    mutating func uint(_ size: Int) throws(Refusal) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in try bytes(size).enumerated() where index < 8 {
            value |= UInt64(byte) << UInt64(8 * index)
        }
        return value
    }

    mutating func int(_ size: Int) throws(Refusal) -> Int {
        guard let value = Int(exactly: try uint(size)) else {
            throw .damaged("a size or count is absurd")
        }
        return value
    }

    mutating func byte() throws(Refusal) -> Int { try int(1) }
    mutating func length() throws(Refusal) -> Int { try int(reading.lengthSize) }

    /// A file address; nil for the undefined one.
    mutating func address() throws(Refusal) -> Int? {
        let size = reading.addressSize
        let value = try uint(size)
        let undefined = size >= 8 ? UInt64.max : (1 << UInt64(8 * size)) - 1
        // Beyond an Int no file reaches; the check of its range says so.
        return value == undefined ? nil : Int(clamping: value)
    }

    mutating func definedAddress() throws(Refusal) -> Int {
        guard let address = try address() else { throw .damaged("an address is missing") }
        return address
    }

    mutating func expect(_ signature: StaticString) throws(Refusal) {
        let found = try bytes(signature.utf8CodeUnitCount)
        let expected = UnsafeBufferPointer(
            start: signature.utf8Start, count: signature.utf8CodeUnitCount)
        guard found.elementsEqual(expected) else {
            throw .damaged("no \(signature) structure where one should be")
        }
    }

    mutating func expect(version: Int, of structure: String) throws(Refusal) {
        let found = try byte()
        guard found == version else { throw .unsupported("version \(found) of \(structure)") }
    }

    /// Text that may end with a null before its `count` bytes do.
    mutating func text(_ count: Int) throws(Refusal) -> String {
        let bytes = try bytes(count)
        guard let text = String(strictUTF8: bytes.prefix { $0 != 0 }) else {
            throw .damaged("a name is not UTF-8")
        }
        return text
    }

    /// Takes the checksum off the end; false if it is not that of the bytes before it.
    mutating func dropChecksum(over range: Range<Int>) -> Bool {
        guard range.count >= 4, left >= 4 else { return false }
        end -= 4
        guard reading.verifiesChecksums else { return true }
        var stored = Fields(end..<end + 4, reading)
        let sum = lookup3(reading.image.bytes(range.lowerBound..<end))
        return (try? stored.uint(4)) == UInt64(sum)
    }
}
