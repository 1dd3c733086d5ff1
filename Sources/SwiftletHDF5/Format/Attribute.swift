internal import SwiftletTensor

/// Section IV.A.2.m: a small array with a name, in its object's header or heap.
struct Attribute {
    let name: String
    private let datatype: (range: Range<Int>, isShared: Bool)
    private let dataspace: (range: Range<Int>, isShared: Bool)
    /// The elements, as far as the message reaches.
    let data: Range<Int>

    init(_ content: Fields) throws(Refusal) {
        var fields = content
        let version = try fields.byte()
        guard (1...3).contains(version) else {
            throw .unsupported("version \(version) of an attribute")
        }
        let flagBits = try fields.byte()
        let flags = version == 1 ? 0 : flagBits
        let nameSize = try fields.int(2)
        let datatypeSize = try fields.int(2)
        let dataspaceSize = try fields.int(2)
        if version == 3 { try fields.skip(1) }  // ASCII or UTF-8
        func padded(_ size: Int) -> Int { version == 1 ? (size + 7) / 8 * 8 : size }
        name = try fields.text(padded(nameSize))
        datatype = (try fields.take(padded(datatypeSize)), flags & 1 != 0)
        dataspace = (try fields.take(padded(dataspaceSize)), flags & 2 != 0)
        data = fields.range
    }

    func type(_ reading: Reading) throws(Refusal) -> Datatype {
        try Datatype(
            ObjectHeader.content(
                datatype.range, isShared: datatype.isShared, .datatype, reading))
    }

    func shape(_ reading: Reading) throws(Refusal) -> Shape {
        try Dataspace(
            ObjectHeader.content(
                dataspace.range, isShared: dataspace.isShared, .dataspace, reading)
        ).shape
    }
}

/// The attributes of an object.
struct AttributeTable {
    /// In the order of their bytes.
    let names: [String]
    private let attributes: [String: Attribute]

    init(_ header: ObjectHeader, _ reading: Reading) throws(Refusal) {
        var attributes: [String: Attribute] = [:]
        func add(_ content: Fields) throws(Refusal) {
            let attribute = try Attribute(content)
            guard attributes.updateValue(attribute, forKey: attribute.name) == nil else {
                throw .damaged("two attributes of the name \(attribute.name)")
            }
        }
        for message in header.messages where message.kind == .attribute {
            try add(try header.content(message, reading))
        }
        if let message = header.first(.attributeInfo) {
            try Self.forEachDense(try header.content(message, reading), add)
        }
        self.attributes = attributes
        names = attributes.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    subscript(name: String) -> Attribute? { attributes[name] }

    /// Section IV.A.2.v: many or long attributes, in a fractal heap that a B-tree of version 2 lists.
    private static func forEachDense(
        _ content: Fields, _ visit: (Fields) throws(Refusal) -> Void
    ) throws(Refusal) {
        var fields = content
        try fields.expect(version: 0, of: "an attribute info message")
        let flags = try fields.byte()
        if flags & 0x1 != 0 { try fields.skip(2) }
        guard let heapAddress = try fields.address() else { return }
        let heap = try FractalHeap(at: heapAddress, fields.reading)
        let tree = try BTreeV2(at: try fields.definedAddress(), .attributeNames, fields.reading)
        try tree.forEachRecord { record throws(Refusal) in
            var record = record
            let id = try record.fields(heap.idSize)
            let isShared = try record.byte() & 0x2 != 0
            guard !isShared else { throw .needsLibrary("an attribute in a shared heap") }
            try visit(heap.object(id))
        }
    }
}
