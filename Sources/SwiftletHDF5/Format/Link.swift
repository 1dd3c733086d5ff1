/// What a name in a group leads to.
enum Link {
    /// The address of an object header.
    case hard(Int)
    case soft
    case external
    case userDefined(Int)

    init(toObjectAt address: Int?) throws(Refusal) {
        guard let address else { throw .damaged("a link leads nowhere") }
        self = .hard(address)
    }

    /// The object's address; links that lead elsewhere are refused.
    var address: Int {
        get throws(Refusal) {
            switch self {
            case .hard(let address): return address
            case .soft: throw .unsupported("a soft link")
            case .external: throw .unsupported("a link to another file")
            case .userDefined(let type): throw .unsupported("a user-defined link of type \(type)")
            }
        }
    }

    /// Section IV.A.2.g: a link message, in a header or in a group's heap.
    static func message(_ content: Fields) throws(Refusal) -> (name: String, link: Link) {
        var fields = content
        try fields.expect(version: 1, of: "a link message")
        let flags = try fields.byte()
        let type = flags & 0x8 != 0 ? try fields.byte() : 0
        if flags & 0x4 != 0 { try fields.skip(8) }  // order of creation
        if flags & 0x10 != 0 { try fields.skip(1) }  // ASCII or UTF-8: both are read as UTF-8
        let name = try fields.text(try fields.int(1 << (flags & 0x3)))
        switch type {
        case 0: return (name, try Link(toObjectAt: try fields.address()))
        case 1: return (name, .soft)
        case 64: return (name, .external)
        default: return (name, .userDefined(type))
        }
    }
}

/// The names of a group, from whichever structure it keeps them in.
struct LinkTable {
    /// In the order of their bytes.
    let names: [String]
    private let links: [String: Link]

    init(_ header: ObjectHeader, _ reading: Reading) throws(Refusal) {
        var found: [(name: String, link: Link)] = []
        if let message = header.first(.symbolTable) {
            found = try SymbolTable.links(header.content(message, reading))
        }
        for message in header.messages where message.kind == .link {
            found.append(try Link.message(header.content(message, reading)))
        }
        if let message = header.first(.linkInfo) {
            found += try Self.dense(header.content(message, reading))
        }
        var links: [String: Link] = [:]
        links.reserveCapacity(found.count)
        for (name, link) in found {
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")) else {
                throw .damaged("a name that no link can have")
            }
            guard links.updateValue(link, forKey: name) == nil else {
                throw .damaged("two links of the name \(name)")
            }
        }
        self.links = links
        names = found.map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    subscript(name: String) -> Link? { links[name] }

    /// Section IV.A.2.c: many links, in a fractal heap that a B-tree of version 2 lists.
    private static func dense(_ content: Fields) throws(Refusal) -> [(name: String, link: Link)] {
        var fields = content
        try fields.expect(version: 0, of: "a link info message")
        let flags = try fields.byte()
        if flags & 0x1 != 0 { try fields.skip(8) }
        guard let heapAddress = try fields.address() else { return [] }
        let heap = try FractalHeap(at: heapAddress, fields.reading)
        let tree = try BTreeV2(at: try fields.definedAddress(), .linkNames, fields.reading)
        var links: [(name: String, link: Link)] = []
        try tree.forEachRecord { record throws(Refusal) in
            var record = record
            try record.skip(4)  // the name's hash
            links.append(try Link.message(heap.object(try record.fields(heap.idSize))))
        }
        return links
    }
}
