/// Section III.A.2: a B-tree of version 2, whose records lie in inner nodes as well as in leaves.
struct BTreeV2 {
    enum RecordType: Int {
        case hugeObjects = 1
        case linkNames = 5
        case attributeNames = 8
        case chunks = 10
        case filteredChunks = 11
    }

    let type: RecordType
    let recordSize: Int
    private let reading: Reading
    private let nodeSize: Int
    private let depth: Int
    private let root: Int?
    private let rootCount: Int
    /// How wide the counts of records are: in a node below, and in all nodes below it.
    private var countSize = 1
    private var totalSizes: [Int] = [0]

    init(at address: Int, _ type: RecordType, _ reading: Reading) throws(Refusal) {
        self.type = type
        self.reading = reading
        let count = 16 + reading.addressSize + 2 + reading.lengthSize + 4
        var fields = try reading.checkedFields("BTHD", at: address, count: count)
        try fields.expect(version: 0, of: "a B-tree")
        guard try fields.byte() == type.rawValue else {
            throw .damaged("a B-tree of another type than its owner's")
        }
        nodeSize = try fields.int(4)
        recordSize = try fields.int(2)
        depth = try fields.int(2)
        try fields.skip(2)
        root = try fields.address()
        rootCount = try fields.int(2)
        guard recordSize > 0, depth <= 32, nodeSize <= reading.image.count || root == nil else {
            throw .damaged("a B-tree that no file can hold")
        }
        sizeCounts()
    }

    private static let frame = 10  // signature, version, type, checksum

    /// The widths of counts follow from what fits a node, level by level.
    private mutating func sizeCounts() {
        let leafMost = max(0, nodeSize - Self.frame) / recordSize
        countSize = leafMost.encodedSize
        var total = leafMost
        for _ in 0..<depth {
            let pointer = reading.addressSize + countSize + (totalSizes.last ?? 0)
            let most = max(0, nodeSize - Self.frame - pointer) / (recordSize + pointer)
            let (product, overflow) = (most + 1).multipliedReportingOverflow(by: total)
            total = overflow || product > 1 << 56 ? 1 << 56 : product + most
            totalSizes.append(total.encodedSize)
        }
    }

    /// Calls `visit` with each record, in order.
    func forEachRecord(_ visit: (Fields) throws(Refusal) -> Void) throws(Refusal) {
        guard let root, rootCount > 0 else { return }
        try descend(to: root, count: rootCount, level: depth, visit)
    }

    private func descend(
        to address: Int, count: Int, level: Int, _ visit: (Fields) throws(Refusal) -> Void
    ) throws(Refusal) {
        let pointerSize =
            level == 0
            ? 0 : reading.addressSize + countSize + (level > 1 ? totalSizes[level - 1] : 0)
        let pointers = level == 0 ? 0 : (count + 1) * pointerSize
        let size = Self.frame + count * recordSize + pointers
        guard size <= nodeSize else { throw .damaged("a B-tree node of too many records") }
        var node = try reading.checkedFields(
            level == 0 ? "BTLF" : "BTIN", at: address, count: size)
        try node.expect(version: 0, of: "a B-tree node")
        guard try node.byte() == type.rawValue else {
            throw .damaged("a B-tree node of another type than its tree's")
        }
        var records = try node.fields(count * recordSize)
        for index in 0..<count {
            if level > 0 { try child(&node, level, visit) }
            try visit(try records.fields(recordSize))
            if level > 0, index == count - 1 { try child(&node, level, visit) }
        }
    }

    private func child(
        _ node: inout Fields, _ level: Int, _ visit: (Fields) throws(Refusal) -> Void
    ) throws(Refusal) {
        let address = try node.definedAddress()
        let count = try node.int(countSize)
        if level > 1 { try node.skip(totalSizes[level - 1]) }
        guard count > 0 else { throw .damaged("a B-tree node of no records") }
        try descend(to: address, count: count, level: level - 1, visit)
    }
}
