internal import SwiftletFiles

/// Section II.A: where the file's structures begin and how wide their numbers are.
struct Superblock {
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

    let addressSize: Int
    let lengthSize: Int
    /// The address of the root group's object header.
    let root: Int

    /// Where the superblock lies: at the start, or behind a user block at 512, 1024, 2048 …
    static func offset(in bytes: UnsafeRawBufferPointer) -> Int? {
        var offset = 0
        while offset <= bytes.count - signature.count {
            let found = bytes[offset..<offset + signature.count]
            if found.elementsEqual(signature) { return offset }
            offset = offset == 0 ? 512 : offset * 2
        }
        return nil
    }

    /// - Parameter userBlock: the bytes before the superblock.
    init(
        _ image: FileImage, userBlock: Int, verifiesChecksums: Bool
    ) throws(Refusal) {
        // The version and the sizes of numbers stand before the first field of such a size.
        let narrow = Reading(
            image, addressSize: 8, lengthSize: 8, allowance: 1024,
            verifiesChecksums: verifiesChecksums)
        var start = try narrow.fields(at: 0, count: min(16, image.count))
        try start.skip(8)
        let version = try start.byte()
        guard (0...3).contains(version) else {
            throw .unsupported("version \(version) of the superblock")
        }
        if version < 2 { try start.skip(4) }
        addressSize = try start.byte()
        lengthSize = try start.byte()
        for size in [addressSize, lengthSize] where ![2, 4, 8].contains(size) {
            throw .unsupported("numbers of \(size) bytes")
        }
        let reading = Reading(
            image, addressSize: addressSize, lengthSize: lengthSize, allowance: 1024,
            verifiesChecksums: verifiesChecksums)
        let end: Int?
        if version < 2 {
            let count = 24 + (version == 1 ? 4 : 0) + 4 * addressSize + 2 * addressSize
            var fields = try reading.fields(at: 0, count: count)
            try fields.skip(24 + (version == 1 ? 4 : 0))
            try fields.skip(2 * addressSize)  // base and free space
            end = try fields.address()
            try fields.skip(2 * addressSize)  // driver information, name of the root
            root = try fields.definedAddress()
        } else {
            var fields = try reading.fields(at: 0, count: 12 + 4 * addressSize + 4)
            guard fields.dropChecksum(over: fields.range) else {
                throw .damaged("wrong checksum of the superblock")
            }
            try fields.skip(12 + 2 * addressSize)  // base and extension
            end = try fields.address()
            root = try fields.definedAddress()
        }
        // The end counts from the start of the whole file.
        guard let end, end - userBlock <= image.count else { throw .damaged("the file is cut off") }
    }
}
