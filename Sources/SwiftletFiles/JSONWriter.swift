extension JSON {
    /// The text as Python's `json.dumps` writes it: one line, or indented by two spaces.
    public func text(pretty: Bool = false) -> String {
        var writer = JSONWriter(isPretty: pretty)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

private struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private let isPretty: Bool
    private var depth = 0

    init(isPretty: Bool) { self.isPretty = isPretty }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: put("null")
        case .bool(let value): put(value ? "true" : "false")
        case .int(let value): bytes += String(value).utf8
        case .double(let value): put(value)
        case .string(let value): quote(value)
        case .array(let values):
            open("[")
            for (index, value) in values.enumerated() {
                separate(index)
                write(value)
            }
            close("]", isEmpty: values.isEmpty)
        case .object(let object):
            open("{")
            for (index, member) in object.members.enumerated() {
                separate(index)
                quote(member.key)
                put(": ")
                write(member.value)
            }
            close("}", isEmpty: object.isEmpty)
        }
    }

    private mutating func put(_ text: StaticString) {
        bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    private mutating func put(_ value: Double) {
        if value.isFinite {
            bytes += value.description.utf8
        } else {
            put(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
        }
    }

    private mutating func open(_ bracket: StaticString) {
        put(bracket)
        depth += 1
    }

    private mutating func close(_ bracket: StaticString, isEmpty: Bool) {
        depth -= 1
        if isPretty, !isEmpty { newLine() }
        put(bracket)
    }

    private mutating func separate(_ index: Int) {
        if index > 0 { put(isPretty ? "," : ", ") }
        if isPretty { newLine() }
    }

    private mutating func newLine() {
        put("\n")
        bytes += repeatElement(UInt8(ascii: " "), count: 2 * depth)
    }

    private mutating func quote(_ string: String) {
        put("\"")
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): put("\\\"")
            case UInt8(ascii: "\\"): put("\\\\")
            case 0x0a: put("\\n")
            case 0x0d: put("\\r")
            case 0x09: put("\\t")
            case 0x08: put("\\b")
            case 0x0c: put("\\f")
            case 0..<0x20:
                put(byte < 0x10 ? "\\u000" : "\\u00")
                bytes += String(byte, radix: 16).utf8
            default: bytes.append(byte)
            }
        }
        put("\"")
    }
}
