internal import SwiftletLimits

/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public let line: Int
    public let column: Int
    public let cause: String
    public var description: String { "line \(line), column \(column): \(cause)" }
}

extension JSON {
    /// Parses a whole UTF-8 text, strictly but for what Python's `json` also writes and reads:
    /// `NaN`, `Infinity` and `-Infinity`.
    ///
    /// - Parameter maximumDepth: nesting beyond this is refused, so a hostile text cannot exhaust
    ///   the stack; eight times what ``Limits/nesting`` allows if nil.
    public init(
        parsing text: some Sequence<UInt8>, maximumDepth: Int? = nil
    ) throws(JSONError) {
        let depth = maximumDepth ?? 8 * min(Limits.current.nesting, 1 << 16)
        var reader = JSONReader(bytes: Array(text), depthLeft: depth)
        self = try reader.document()
    }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: text.utf8)
    }
}

private struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private var depthLeft: Int

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

    private func error(_ cause: String) -> JSONError {
        let read = bytes[..<min(position, bytes.count)]
        let lineStart = read.lastIndex(of: Byte.newline).map { $0 + 1 } ?? 0
        let line = 1 + read.count { $0 == Byte.newline }
        return JSONError(line: line, column: read.count - lineStart + 1, cause: cause)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count, Byte.isSpace(bytes[position]) { position += 1 }
    }

    /// Steps over `byte`, if it comes next after space.
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        switch next {
        case nil: throw error("unexpected end")
        case Byte.openBrace: return try object()
        case Byte.openBracket: return try array()
        case Byte.quote: return .string(try string())
        case UInt8(ascii: "t"): return try word("true", true)
        case UInt8(ascii: "f"): return try word("false", false)
        case UInt8(ascii: "n"): return try word("null", nil)
        case UInt8(ascii: "N"): return try word("NaN", .double(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .double(.infinity))
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[position...].starts(with: expected) else { throw error("value expected") }
        position += expected.count
        return value
    }

    /// Steps over the opening bracket, one level deeper.
    private mutating func enter() throws(JSONError) {
        guard depthLeft > 0 else { throw error("nested too deeply") }
        depthLeft -= 1
        position += 1
    }

    private mutating func object() throws(JSONError) -> JSON {
        try enter()
        var object = JSONObject()
        if !take(Byte.closeBrace) {
            repeat {
                skipSpace()
                guard next == Byte.quote else { throw error("key expected") }
                let key = try string()
                guard take(Byte.colon) else { throw error("':' expected") }
                object[key] = try value()
            } while take(Byte.comma)
            guard take(Byte.closeBrace) else { throw error("',' or '}' expected") }
        }
        depthLeft += 1
        return .object(object)
    }

    private mutating func array() throws(JSONError) -> JSON {
        try enter()
        var array: [JSON] = []
        if !take(Byte.closeBracket) {
            repeat { array.append(try value()) } while take(Byte.comma)
            guard take(Byte.closeBracket) else { throw error("',' or ']' expected") }
        }
        depthLeft += 1
        return .array(array)
    }
}

// MARK: - Numbers

extension JSONReader {
    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        let isNegative = next == Byte.minus
        if isNegative {
            position += 1
            if next == UInt8(ascii: "I") { return try word("Infinity", .double(-.infinity)) }
        }
        let whole = digits()
        guard whole.count > 0, whole.count == 1 || bytes[whole.start] != Byte.zero else {
            throw error("value expected")
        }
        var isWhole = true
        if next == Byte.point {
            position += 1
            isWhole = false
            guard digits().count > 0 else { throw error("digit expected") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            isWhole = false
            if next == Byte.minus || next == UInt8(ascii: "+") { position += 1 }
            guard digits().count > 0 else { throw error("digit expected") }
        }
        if isWhole, whole.count <= 18 {
            var value = 0
            for index in whole.start..<position {
                value = value * 10 + Int(bytes[index] - Byte.zero)
            }
            return .int(isNegative ? -value : value)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int(text) { return .int(value) }
        guard let value = Double(text) else { throw error("value expected") }
        return .double(value)
    }

    private mutating func digits() -> (start: Int, count: Int) {
        let start = position
        while let byte = next, byte >= Byte.zero, byte <= Byte.nine { position += 1 }
        return (start, position - start)
    }
}

// MARK: - Strings

extension JSONReader {
    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        var union: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == Byte.quote {
                position += 1
                let content = bytes[start..<position - 1]
                return union < 0x80 ? String(decoding: content, as: UTF8.self) : try text(content)
            }
            if byte == Byte.backslash { return try escapedString(from: start) }
            union |= byte
            position += 1
        }
        throw error("string without an end")
    }

    /// The rest of a string whose first escape stands at `position`.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var decoded = Array(bytes[start..<position])
        while let byte = next {
            position += 1
            switch byte {
            case Byte.quote: return try text(decoded[...])
            case Byte.backslash: try escape(into: &decoded)
            default: decoded.append(byte)
            }
        }
        throw error("string without an end")
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> String {
        guard let string = String(strictUTF8: bytes) else {
            throw error("string is not UTF-8")
        }
        return string
    }

    private mutating func escape(into decoded: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw error("string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): decoded.append(0x0a)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "r"): decoded.append(0x0d)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0c)
        case Byte.quote, Byte.backslash, UInt8(ascii: "/"): decoded.append(byte)
        case UInt8(ascii: "u"): decoded += Character(try scalar()).utf8
        default: throw error("unknown escape")
        }
    }

    /// What `\u` stands for: one unit, or a surrogate pair. Half a pair is no text and refused.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        var unit = try hexadecimal()
        if (0xd800..<0xdc00).contains(unit), bytes[position...].starts(with: [0x5c, 0x75]) {
            position += 2
            let low = try hexadecimal()
            guard (0xdc00..<0xe000).contains(low) else { throw error("lone surrogate") }
            unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(unit) else { throw error("lone surrogate") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits expected")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}

private enum Byte {
    static let newline = UInt8(ascii: "\n")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let minus = UInt8(ascii: "-")
    static let point = UInt8(ascii: ".")
    static let zero = UInt8(ascii: "0")
    static let nine = UInt8(ascii: "9")

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }
}
