/// Section IV.A: the messages that describe an object, of either version of the header.
struct ObjectHeader {
    /// Section IV.A.2, by number.
    enum Kind: Int {
        case dataspace = 0x1
        case linkInfo = 0x2
        case datatype = 0x3
        case oldFillValue = 0x4
        case fillValue = 0x5
        case link = 0x6
        case externalFiles = 0x7
        case layout = 0x8
        case filterPipeline = 0xb
        case attribute = 0xc
        case continuation = 0x10
        case symbolTable = 0x11
        case attributeInfo = 0x15
    }

    struct Message {
        let kind: Kind
        /// The content is a reference to a message elsewhere.
        let isShared: Bool
        let range: Range<Int>
    }

    private(set) var messages: [Message] = []

    init(at address: Int, _ reading: Reading) throws(Refusal) {
        let prefix = try reading.range(at: address, count: 4)
        if reading.image.bytes(prefix).elementsEqual("OHDR".utf8) {
            try readVersion2(at: address, reading)
        } else {
            try readVersion1(at: address, reading)
        }
    }

    func first(_ kind: Kind) -> Message? { messages.first { $0.kind == kind } }

    // MARK: Version 1

    private mutating func readVersion1(at address: Int, _ reading: Reading) throws(Refusal) {
        var prefix = try reading.fields(at: address, count: 16)
        try prefix.expect(version: 1, of: "an object header")
        try prefix.skip(1)
        var messagesLeft = try prefix.int(2)
        try prefix.skip(4)  // reference count
        let size = try prefix.int(4)
        var blocks: [Fields] = [try reading.fields(at: address + 16, count: size)]
        var next = 0
        while next < blocks.count {
            var block = blocks[next]
            next += 1
            while messagesLeft > 0, block.left >= 8 {
                messagesLeft -= 1
                let kind = try block.int(2)
                let size = try block.int(2)
                let flags = try block.byte()
                try block.skip(3)
                let body = try block.fields(size)
                if let more = try add(kind, flags, body) {
                    blocks.append(try reading.fields(at: more.lowerBound, count: more.count))
                }
            }
        }
    }

    // MARK: Version 2

    private mutating func readVersion2(at address: Int, _ reading: Reading) throws(Refusal) {
        var prefix = Fields(
            address..<(try reading.range(at: address, count: 6)).upperBound, reading)
        try prefix.skip(4)
        try prefix.expect(version: 2, of: "an object header")
        let flags = try prefix.byte()
        let skipped = (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0)
        let sizeOfSize = 1 << (flags & 0x3)
        let start = 6 + skipped + sizeOfSize
        var size = Fields(try reading.range(at: address, count: start), reading)
        try size.skip(6 + skipped)
        let count = try size.int(sizeOfSize)
        guard count <= reading.image.count else { throw .damaged("an object header is too long") }
        var first = try reading.checkedFields("OHDR", at: address, count: start + count + 4)
        try first.skip(start - 4)
        var blocks = [first]
        var next = 0
        while next < blocks.count {
            var block = blocks[next]
            next += 1
            let prefixSize = 4 + (flags & 0x4 != 0 ? 2 : 0)
            while block.left >= prefixSize {
                let kind = try block.byte()
                let size = try block.int(2)
                let messageFlags = try block.byte()
                try block.skip(prefixSize - 4)
                let body = try block.fields(size)
                if let more = try add(kind, messageFlags, body) {
                    blocks.append(
                        try reading.checkedFields("OCHK", at: more.lowerBound, count: more.count))
                }
            }
        }
    }

    /// Keeps a message of a known kind.
    ///
    /// - Returns: where more messages lie, if this one says so.
    private mutating func add(
        _ number: Int, _ flags: Int, _ body: Fields
    ) throws(Refusal) -> Range<Int>? {
        guard let kind = Kind(rawValue: number) else {
            let mustBeUnderstood = flags & 0x80 != 0
            if mustBeUnderstood { throw .unsupported("header message \(number)") }
            return nil
        }
        if kind == .continuation {
            var body = body
            let address = try body.definedAddress()
            return try body.reading.range(at: address, count: try body.length())
        }
        messages.append(Message(kind: kind, isShared: flags & 0x2 != 0, range: body.range))
        return nil
    }

    // MARK: Shared messages

    /// The content of a message, which another object may hold (section IV.A.1.b and message 0x3
    /// of a committed datatype).
    static func content(
        _ range: Range<Int>, isShared: Bool, _ kind: Kind, _ reading: Reading
    ) throws(Refusal) -> Fields {
        guard isShared else { return Fields(range, reading) }
        var reference = Fields(range, reading)
        let version = try reference.byte()
        let type = try reference.byte()
        switch (version, type) {
        case (1, _): try reference.skip(6 + reading.lengthSize)
        case (2, _), (3, 2): break
        case (3, _): throw .needsLibrary("a message in a shared heap")
        default: throw .unsupported("version \(version) of a shared message")
        }
        let holder = try ObjectHeader(at: try reference.definedAddress(), reading)
        guard let message = holder.first(kind), !message.isShared else {
            throw .damaged("a shared message is not where it should be")
        }
        return Fields(message.range, reading)
    }

    func content(_ message: Message, _ reading: Reading) throws(Refusal) -> Fields {
        try Self.content(message.range, isShared: message.isShared, message.kind, reading)
    }
}
