/// Section VII.C (chunk index 3): the chunks of an array that cannot grow.
struct FixedArray {
    private let reading: Reading
    private let isFiltered: Bool
    private let entrySize: Int
    private let pageBits: Int
    private let count: Int
    private let header: Int
    private let block: Int?

    init(
        at address: Int, isFiltered: Bool, entrySize: Int, _ reading: Reading
    ) throws(Refusal) {
        self.reading = reading
        self.isFiltered = isFiltered
        header = address
        let size = 8 + reading.lengthSize + reading.addressSize + 4
        var fields = try reading.checkedFields("FAHD", at: address, count: size)
        try fields.expect(version: 0, of: "a fixed array")
        try fields.expectClient(isFiltered: isFiltered)
        guard try fields.byte() == entrySize else {
            throw .damaged("a fixed array with entries of the wrong size")
        }
        self.entrySize = entrySize
        pageBits = try fields.byte()
        count = try fields.length()
        block = try fields.address()
        guard pageBits < 32, count <= reading.image.count else {
            throw .damaged("a fixed array of impossible size")
        }
    }

    /// Calls `visit` with each entry and its number.
    func forEachElement(_ visit: (Int, Fields) throws(Refusal) -> Void) throws(Refusal) {
        guard let block, count > 0 else { return }
        let pageCount = count > 1 << pageBits ? count.dividedRoundingUp(by: 1 << pageBits) : 0
        let bitmapSize = (pageCount + 7) / 8
        let prefix = 6 + reading.addressSize + bitmapSize
        let size = prefix + (pageCount == 0 ? count * entrySize : 0) + 4
        var fields = try reading.checkedFields("FADB", at: block, count: size)
        try fields.expect(version: 0, of: "a fixed array")
        try fields.expectClient(isFiltered: isFiltered)
        guard try fields.definedAddress() == header else {
            throw .damaged("a block of another fixed array")
        }
        let written = try fields.bytes(bitmapSize)
        guard pageCount > 0 else {
            try forEach(in: &fields, from: 0, count: count, visit)
            return
        }
        let pages = ArrayPages(
            start: block + size, pageCount: 1 << pageBits, entrySize: entrySize, reading)
        for page in 0..<pageCount where ArrayPages.isWritten(page, written) {
            let first = page << pageBits
            let entries = min(1 << pageBits, count - first)
            var fields = try pages.page(page, entries: entries)
            try forEach(in: &fields, from: first, count: entries, visit)
        }
    }

    private func forEach(
        in fields: inout Fields, from first: Int, count: Int,
        _ visit: (Int, Fields) throws(Refusal) -> Void
    ) throws(Refusal) {
        for index in 0..<count { try visit(first + index, try fields.fields(entrySize)) }
    }
}

/// Pages of entries behind a data block that is too long for one checksum.
struct ArrayPages {
    private let start: Int
    private let pageSize: Int
    private let entrySize: Int
    private let reading: Reading

    init(start: Int, pageCount: Int, entrySize: Int, _ reading: Reading) {
        self.start = start
        pageSize = pageCount * entrySize + 4
        self.entrySize = entrySize
        self.reading = reading
    }

    func page(_ page: Int, entries: Int) throws(Refusal) -> Fields {
        guard let offset = product([page, pageSize]), offset <= reading.image.count else {
            throw .damaged("a page outside the file")
        }
        return try reading.checkedFields(
            "", at: start + offset, count: entries * entrySize + 4)
    }

    /// Bits count from the highest of each byte.
    static func isWritten(_ page: Int, _ bitmap: UnsafeRawBufferPointer) -> Bool {
        page / 8 < bitmap.count && bitmap[page / 8] & (0x80 >> UInt8(page % 8)) != 0
    }
}

extension Fields {
    /// Arrays say whether their entries are of plain chunks (0) or of filtered ones (1).
    mutating func expectClient(isFiltered: Bool) throws(Refusal) {
        guard try byte() == (isFiltered ? 1 : 0) else {
            throw .damaged("a chunk index that does not fit its filters")
        }
    }
}
