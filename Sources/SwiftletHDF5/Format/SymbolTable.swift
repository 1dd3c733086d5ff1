/// Sections III.B to D: an old group, whose names lie in a local heap and whose entries in nodes
/// under a B-tree of version 1.
enum SymbolTable {
    static func links(_ content: Fields) throws(Refusal) -> [(name: String, link: Link)] {
        var fields = content
        let reading = fields.reading
        let root = try fields.definedAddress()
        let heap = try LocalHeap(at: try fields.definedAddress(), reading)
        var links: [(name: String, link: Link)] = []
        let tree = BTreeV1(type: .group, keySize: reading.lengthSize, reading: reading)
        try tree.forEachLeaf(under: root) { _, child throws(Refusal) in
            try node(at: child, heap, reading, into: &links)
        }
        return links
    }

    private static func node(
        at address: Int, _ heap: LocalHeap, _ reading: Reading,
        into links: inout [(name: String, link: Link)]
    ) throws(Refusal) {
        var head = try reading.fields("SNOD", at: address, count: 8)
        try head.expect(version: 1, of: "a symbol table")
        try head.skip(1)
        let count = try head.int(2)
        let entrySize = 2 * reading.addressSize + 24
        var body = try reading.fields(at: address + 8, count: count * entrySize)
        for _ in 0..<count {
            let name = try heap.text(at: try body.int(reading.addressSize))
            let address = try body.address()
            let cache = try body.int(4)
            try body.skip(20)
            links.append((name, cache == 2 ? .soft : try Link(toObjectAt: address)))
        }
    }
}

/// Section III.D: the names of an old group.
private struct LocalHeap {
    private let names: Fields

    init(at address: Int, _ reading: Reading) throws(Refusal) {
        let count = 8 + 2 * reading.lengthSize + reading.addressSize
        var fields = try reading.fields("HEAP", at: address, count: count)
        try fields.expect(version: 0, of: "a local heap")
        try fields.skip(3)
        let size = try fields.length()
        try fields.skip(reading.lengthSize)
        names = try reading.fields(at: try fields.definedAddress(), count: size)
    }

    func text(at offset: Int) throws(Refusal) -> String {
        var fields = names
        try fields.skip(offset)
        let bytes = fields.reading.image.bytes(fields.range)
        guard let length = bytes.firstIndex(of: 0) else {
            throw .damaged("a name without an end")
        }
        try fields.reading.charge(length)
        return try fields.text(length)
    }
}
