/// Section III.G: objects of any size (link and attribute messages) behind short identifiers.
final class FractalHeap {
    let idSize: Int
    private let reading: Reading
    private let address: Int
    private let checksDirectBlocks: Bool
    private let offsetSize: Int
    private let lengthSize: Int
    private let width: Int
    private let startSize: Int
    private let largestDirect: Int
    private let root: Int?
    /// Rows of the root's indirect block; 0 where the root is a direct block.
    private let rootRows: Int
    private let hugeTree: Int?
    private lazy var hugeObjects = Result { () throws(Refusal) in try listHugeObjects() }
    /// Blocks that have been found sound.
    private var checkedBlocks: Set<Int> = []

    init(at address: Int, _ reading: Reading) throws(Refusal) {
        self.reading = reading
        self.address = address
        let (a, l) = (reading.addressSize, reading.lengthSize)
        let fixed = 4 + 1 + 2 + 2 + 1 + 4 + 12 * l + 3 * a + 2 + 2 + 2 + 2
        var probe = try reading.fields(at: address, count: 9)
        try probe.skip(7)
        let filterSize = try probe.int(2)
        guard filterSize == 0 else { throw .needsLibrary("a compressed heap") }
        var fields = try reading.checkedFields("FRHP", at: address, count: fixed + 4)
        try fields.expect(version: 0, of: "a fractal heap")
        idSize = try fields.int(2)
        try fields.skip(2)
        checksDirectBlocks = try fields.byte() & 0x2 != 0
        let largestManaged = try fields.int(4)
        try fields.skip(l)  // next identifier
        hugeTree = try fields.address()
        try fields.skip(l + a + 8 * l)  // free space and statistics
        width = try fields.int(2)
        startSize = try fields.length()
        largestDirect = try fields.length()
        let heapBits = try fields.int(2)
        try fields.skip(2)
        root = try fields.address()
        rootRows = try fields.int(2)
        func isPowerOf2(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }
        guard isPowerOf2(width), isPowerOf2(startSize), isPowerOf2(largestDirect),
            startSize <= largestDirect, largestDirect <= 1 << 32, (1...64).contains(heapBits),
            rootRows <= 64, idSize > 0
        else { throw .damaged("a fractal heap of impossible sizes") }
        offsetSize = (heapBits + 7) / 8
        lengthSize = min((largestDirect.floorLog2 + 7) / 8, largestManaged.encodedSize)
    }

    /// The object with this identifier.
    func object(_ id: Fields) throws(Refusal) -> Fields {
        var id = id
        let first = try id.byte()
        guard first >> 6 == 0 else { throw .unsupported("a heap identifier of another version") }
        let range: Range<Int>
        switch (first >> 4) & 3 {
        case 0:
            let offset = try id.int(offsetSize)
            range = try managed(offset: offset, length: try id.int(lengthSize))
        case 1: range = try huge(id)
        case 2:
            let isLong = idSize - 1 > 16
            let length = isLong ? (first & 0xf) << 8 | (try id.byte()) : first & 0xf
            range = try id.take(length + 1)
        default: throw .damaged("a heap identifier of unknown type")
        }
        try reading.charge(range.count)
        return Fields(range, reading)
    }

    // MARK: Managed objects

    /// Section III.G.2: rows of equally large blocks, from row 2 on twice as large as the last.
    private func blockSize(row: Int) throws(Refusal) -> Int {
        let doublings = max(0, row - 1)
        guard startSize.floorLog2 + doublings + width.floorLog2 < 62 else {
            throw .damaged("a heap block of impossible size")
        }
        return startSize << doublings
    }

    private func managed(offset: Int, length: Int) throws(Refusal) -> Range<Int> {
        guard var block = root else { throw .damaged("an object of an empty heap") }
        var offset = offset
        var rows = rootRows
        var size = startSize
        // Each turn leads to a block with fewer rows.
        while rows > 0 {
            var row = 0
            size = try blockSize(row: row)
            while offset >= size * width {
                offset -= size * width
                row += 1
                guard row < rows else { throw .damaged("an object beyond its heap") }
                size = try blockSize(row: row)
            }
            block = try child(row * width + offset / size, ofIndirect: block, rows: rows)
            offset %= size
            rows = size <= largestDirect ? 0 : size.floorLog2 - (startSize * width).floorLog2 + 1
            guard size <= largestDirect || rows > 0 else {
                throw .damaged("a heap block of impossible size")
            }
        }
        if rootRows == 0 { size = startSize }
        let head = 5 + reading.addressSize + offsetSize + (checksDirectBlocks ? 4 : 0)
        let range = try reading.range(at: block, count: size)
        guard offset >= head, length <= size - offset else {
            throw .damaged("an object beyond its heap block")
        }
        try checkDirectBlock(range)
        return block + offset..<block + offset + length
    }

    private func child(
        _ index: Int, ofIndirect block: Int, rows: Int
    ) throws(Refusal) -> Int {
        let head = 5 + reading.addressSize + offsetSize
        let count = head + rows * width * reading.addressSize + 4
        if checkedBlocks.insert(block).inserted {
            var fields = try reading.checkedFields("FHIB", at: block, count: count)
            try checkOwner(&fields)
        }
        var entries = Fields(try reading.range(at: block, count: count), reading)
        try entries.skip(head + index * reading.addressSize)
        return try entries.definedAddress()
    }

    private func checkOwner(_ fields: inout Fields) throws(Refusal) {
        try fields.expect(version: 0, of: "a heap block")
        guard try fields.definedAddress() == address else {
            throw .damaged("a heap block of another heap")
        }
    }

    private func checkDirectBlock(_ range: Range<Int>) throws(Refusal) {
        guard checkedBlocks.insert(range.lowerBound).inserted else { return }
        var fields = try reading.fields("FHDB", at: range.lowerBound, count: range.count)
        try checkOwner(&fields)
        guard checksDirectBlocks, reading.verifiesChecksums else { return }
        try fields.skip(offsetSize)
        let place = fields.position - range.lowerBound
        let stored = try fields.uint(4)
        // The sum was made with zeros in its own place.
        var bytes = Array(reading.image.bytes(range))
        for index in place..<place + 4 { bytes[index] = 0 }
        guard bytes.withUnsafeBytes({ UInt64(lookup3($0)) }) == stored else {
            throw .damaged("wrong checksum of a heap block")
        }
    }

    // MARK: Huge objects

    /// An identifier has the object's place itself if that fits, otherwise a key to a B-tree.
    private func huge(_ id: Fields) throws(Refusal) -> Range<Int> {
        var id = id
        if idSize - 1 >= reading.addressSize + reading.lengthSize {
            let address = try id.definedAddress()
            return try reading.range(at: address, count: try id.length())
        }
        let key = try id.uint(min(idSize - 1, 8))
        guard let range = try hugeObjects.get()[key] else {
            throw .damaged("a huge object is missing")
        }
        return range
    }

    private func listHugeObjects() throws(Refusal) -> [UInt64: Range<Int>] {
        guard let hugeTree else { return [:] }
        let tree = try BTreeV2(at: hugeTree, .hugeObjects, reading)
        var objects: [UInt64: Range<Int>] = [:]
        try tree.forEachRecord { record throws(Refusal) in
            var record = record
            let address = try record.definedAddress()
            let range = try reading.range(at: address, count: try record.length())
            objects[try record.uint(reading.lengthSize)] = range
        }
        return objects
    }
}
