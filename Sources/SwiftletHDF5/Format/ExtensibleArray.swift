/// Section VII.D (chunk index 4): the chunks of an array that grows along one axis. Entries lie in
/// the index block, then in data blocks that it points to, then in those of secondary blocks.
struct ExtensibleArray {
    private let reading: Reading
    private let isFiltered: Bool
    private let entrySize: Int
    private let header: Int
    private let indexBlock: Int?
    private let indexEntries: Int
    /// Entries of the smallest data block, and pointers of the smallest secondary block.
    private let smallestBlock: Int
    private let smallestPointers: Int
    private let countBits: Int
    private let pageBits: Int

    init(
        at address: Int, isFiltered: Bool, entrySize: Int, _ reading: Reading
    ) throws(Refusal) {
        self.reading = reading
        self.isFiltered = isFiltered
        header = address
        let size = 12 + 6 * reading.lengthSize + reading.addressSize + 4
        var fields = try reading.checkedFields("EAHD", at: address, count: size)
        try fields.expect(version: 0, of: "an extensible array")
        try fields.expectClient(isFiltered: isFiltered)
        guard try fields.byte() == entrySize else {
            throw .damaged("an extensible array with entries of the wrong size")
        }
        self.entrySize = entrySize
        countBits = try fields.byte()
        indexEntries = try fields.byte()
        smallestBlock = try fields.byte()
        smallestPointers = try fields.byte()
        pageBits = try fields.byte()
        try fields.skip(6 * reading.lengthSize)
        indexBlock = try fields.address()
        func isPowerOf2(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }
        guard isPowerOf2(smallestBlock), isPowerOf2(smallestPointers), pageBits < 32,
            (smallestBlock.floorLog2...64).contains(countBits)
        else { throw .damaged("an extensible array of impossible size") }
    }

    /// Data blocks come in groups: group u has 2^(u/2) of them with 2^((u+1)/2) × smallest entries.
    private func group(_ number: Int) -> (blocks: Int, entries: Int) {
        (1 << (number / 2), smallestBlock << ((number + 1) / 2))
    }

    private var offsetSize: Int { (countBits + 7) / 8 }

    /// Calls `visit` with each entry and its number.
    func forEachElement(_ visit: (Int, Fields) throws(Refusal) -> Void) throws(Refusal) {
        guard let indexBlock else { return }
        let groupCount = 1 + countBits - smallestBlock.floorLog2
        // The blocks of the first groups have their addresses in the index block itself.
        let directGroups = min(2 * smallestPointers.floorLog2, groupCount)
        let directBlocks = (0..<directGroups).reduce(0) { $0 + group($1).blocks }
        let pointers = directBlocks + groupCount - directGroups
        let size =
            6 + reading.addressSize + indexEntries * entrySize + pointers * reading.addressSize + 4
        var fields = try block("EAIB", at: indexBlock, count: size)
        try forEach(in: &fields, from: 0, count: indexEntries, visit)
        var first = indexEntries
        for number in 0..<groupCount {
            let (blocks, entries) = group(number)
            if number < directGroups {
                for _ in 0..<blocks {
                    if let address = try fields.address() {
                        try dataBlock(at: address, first, entries, visit)
                    }
                    first += entries
                }
            } else {
                let (all, overflow) = blocks.multipliedReportingOverflow(by: entries)
                // Further groups would number their entries beyond an Int.
                guard !overflow, all < 1 << 61, first < 1 << 61 else { return }
                if let address = try fields.address() {
                    try secondaryBlock(at: address, first, number, visit)
                }
                first += all
            }
        }
    }

    private func block(
        _ signature: StaticString, at address: Int, count: Int
    ) throws(Refusal) -> Fields {
        var fields = try reading.checkedFields(signature, at: address, count: count)
        try fields.expect(version: 0, of: "an extensible array")
        try fields.expectClient(isFiltered: isFiltered)
        guard try fields.definedAddress() == header else {
            throw .damaged("a block of another extensible array")
        }
        return fields
    }

    private func secondaryBlock(
        at address: Int, _ first: Int, _ number: Int,
        _ visit: (Int, Fields) throws(Refusal) -> Void
    ) throws(Refusal) {
        let (blocks, entries) = group(number)
        let isPaged = entries > 1 << pageBits
        let pages = isPaged ? entries >> pageBits : 0
        guard let bitmapSize = product([blocks, (pages + 7) / 8]),
            bitmapSize <= reading.image.count
        else { throw .damaged("an array block outside the file") }
        let size =
            6 + reading.addressSize + offsetSize + bitmapSize + blocks * reading.addressSize + 4
        var fields = try block("EASB", at: address, count: size)
        try fields.skip(offsetSize)
        let written = try fields.bytes(bitmapSize)
        for index in 0..<blocks {
            guard let address = try fields.address() else { continue }
            let start = first + index * entries
            if isPaged {
                try pagedBlock(
                    at: address, start, pages,
                    isWritten: { ArrayPages.isWritten(index * pages + $0, written) }, visit)
            } else {
                try dataBlock(at: address, start, entries, visit)
            }
        }
    }

    private var dataBlockPrefix: Int { 6 + reading.addressSize + offsetSize }

    private func dataBlock(
        at address: Int, _ first: Int, _ entries: Int,
        _ visit: (Int, Fields) throws(Refusal) -> Void
    ) throws(Refusal) {
        guard entries <= reading.image.count else {
            throw .damaged("an array block outside the file")
        }
        let size = dataBlockPrefix + entries * entrySize + 4
        var fields = try block("EADB", at: address, count: size)
        try fields.skip(offsetSize)
        try forEach(in: &fields, from: first, count: entries, visit)
    }

    private func pagedBlock(
        at address: Int, _ first: Int, _ pageCount: Int, isWritten: (Int) -> Bool,
        _ visit: (Int, Fields) throws(Refusal) -> Void
    ) throws(Refusal) {
        let size = dataBlockPrefix + 4
        _ = try block("EADB", at: address, count: size)
        let entries = 1 << pageBits
        let pages = ArrayPages(
            start: address + size, pageCount: entries, entrySize: entrySize, reading)
        for page in 0..<pageCount where isWritten(page) {
            var fields = try pages.page(page, entries: entries)
            try forEach(in: &fields, from: first + page * entries, count: entries, visit)
        }
    }

    private func forEach(
        in fields: inout Fields, from first: Int, count: Int,
        _ visit: (Int, Fields) throws(Refusal) -> Void
    ) throws(Refusal) {
        for index in 0..<count { try visit(first + index, try fields.fields(entrySize)) }
    }
}
