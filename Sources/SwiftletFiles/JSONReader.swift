/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public let line: Int
    public let column: Int
    public let cause: String
    public var description: String { "line \(line), column \(column): \(cause)" }
}

extension JSON {
    /// Parses a whole UTF-8 text.
    ///
    /// - Parameter maximumDepth: nesting beyond this is refused, so a hostile text cannot exhaust
    ///   the stack.
    public init(parsing text: some Sequence<UInt8>, maximumDepth: Int = 512) throws(JSONError) {
        var reader = JSONReader(bytes: Array(text), depthLeft: maximumDepth)
        self = try reader.document()
    }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: text.utf8)
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    var position = 0
    var depthLeft: Int

    init(bytes: [UInt8], depthLeft: Int) {
        self.bytes = bytes
        self.depthLeft = depthLeft
    }

    mutating func document() throws(JSONError) -> JSON {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw error("text after the end of the value") }
        return value
    }

    func error(_ cause: String) -> JSONError {
        let read = bytes[..<min(position, bytes.count)]
        let lineStart = read.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = 1 + read.count { $0 == UInt8(ascii: "\n") }
        return JSONError(line: line, column: read.count - lineStart + 1, cause: cause)
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0d).contains(byte) { position += 1 }
    }

    mutating func take(_ byte: Character) -> Bool {
        skipSpace()
        guard next == byte.asciiValue else { return false }
        position += 1
        return true
    }

    mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[position...].starts(with: expected) else { throw error("value expected") }
        position += expected.count
        return value
    }

    mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        switch next {
        case nil: throw error("unexpected end")
        case UInt8(ascii: "{"):
            return try nested { reader throws(JSONError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { reader throws(JSONError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", true)
        case UInt8(ascii: "f"): return try word("false", false)
        case UInt8(ascii: "n"): return try word("null", nil)
        case UInt8(ascii: "N"): return try word("NaN", .double(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .double(.infinity))
        default: return try number()
        }
    }

    mutating func nested(
        _ body: (inout JSONReader) throws(JSONError) -> JSON
    ) throws(JSONError) -> JSON {
        guard depthLeft > 0 else { throw error("nested too deeply") }
        depthLeft -= 1
        position += 1
        let value = try body(&self)
        depthLeft += 1
        return value
    }

    mutating func object() throws(JSONError) -> JSON {
        var object = JSONObject()
        if take("}") { return .object(object) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("key expected") }
            let key = try string()
            guard take(":") else { throw error("':' expected") }
            object[key] = try value()
        } while take(",")
        guard take("}") else { throw error("',' or '}' expected") }
        return .object(object)
    }

    mutating func array() throws(JSONError) -> JSON {
        var array: [JSON] = []
        if take("]") { return .array(array) }
        repeat { array.append(try value()) } while take(",")
        guard take("]") else { throw error("',' or ']' expected") }
        return .array(array)
    }

    mutating func number() throws(JSONError) -> JSON {
        let start = position
        if next == UInt8(ascii: "-") {
            position += 1
            if next == UInt8(ascii: "I") { return try word("Infinity", .double(-.infinity)) }
        }
        var isWhole = true
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"),
                UInt8(ascii: "-"):
                isWhole = false
            default:
                return try number(in: start..<position, isWhole: isWhole)
            }
            position += 1
        }
        return try number(in: start..<position, isWhole: isWhole)
    }

    func number(in range: Range<Int>, isWhole: Bool) throws(JSONError) -> JSON {
        let text = String(decoding: bytes[range], as: UTF8.self)
        if isWhole, let value = Int(text) { return .int(value) }
        guard let value = Double(text) else { throw error("value expected") }
        return .double(value)
    }

    mutating func string() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw error("string is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += try escape()
            default: text.append(byte)
            }
        }
        throw error("string without an end")
    }

    mutating func escape() throws(JSONError) -> [UInt8] {
        guard let byte = next else { throw error("string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "u"):
            var unit = try hexadecimal()
            if (0xd800..<0xdc00).contains(unit), bytes[position...].starts(with: [0x5c, 0x75]) {
                position += 2
                let low = try hexadecimal()
                guard (0xdc00..<0xe000).contains(low) else { throw error("lone surrogate") }
                unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
            }
            return Array(String(Character(Unicode.Scalar(unit) ?? "\u{fffd}")).utf8)
        default: throw error("unknown escape")
        }
    }

    mutating func hexadecimal() throws(JSONError) -> UInt32 {
        let digits = bytes[position..<min(position + 4, bytes.count)]
        guard digits.count == 4,
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits expected") }
        position += 4
        return value
    }
}
