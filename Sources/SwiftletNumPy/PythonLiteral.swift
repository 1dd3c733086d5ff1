internal import SwiftletFiles

/// The few Python literals that an `.npy` header consists of.
enum PythonLiteral: Equatable {
    case string(String)
    case bool(Bool)
    case int(Int)
    /// A tuple or a list.
    case sequence([PythonLiteral])

    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
    static func dictionary(_ text: [UInt8]) throws(NPYError) -> [String: PythonLiteral] {
        var reader = PythonLiteralReader(bytes: text)
        return try reader.dictionary()
    }
}

private struct PythonLiteralReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    static let malformed = NPYError.malformed("the header is no Python dictionary")
    /// `[('name', '<f4', (2, 2))]` is three deep.
    static let largestDepth = 8

    mutating func dictionary() throws(NPYError) -> [String: PythonLiteral] {
        var result: [String: PythonLiteral] = [:]
        guard take("{") else { throw Self.malformed }
        while !take("}") {
            guard case .string(let key) = try value(depth: 0), take(":") else {
                throw Self.malformed
            }
            result[key] = try value(depth: 0)
            guard take(",") || next == UInt8(ascii: "}") else { throw Self.malformed }
        }
        skipSpace()
        guard position == bytes.count else { throw Self.malformed }
        return result
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0d).contains(byte) { position += 1 }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        skipSpace()
        return true
    }

    mutating func value(depth: Int) throws(NPYError) -> PythonLiteral {
        guard depth < Self.largestDepth else { throw Self.malformed }
        skipSpace()
        switch next {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "("): return .sequence(try sequence(until: ")", depth: depth))
        case UInt8(ascii: "["): return .sequence(try sequence(until: "]", depth: depth))
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
            return .int(try integer())
        default:
            if word("True") { return .bool(true) }
            if word("False") { return .bool(false) }
            throw Self.malformed
        }
    }

    mutating func word(_ word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    mutating func sequence(
        until end: Unicode.Scalar, depth: Int
    ) throws(NPYError) -> [PythonLiteral] {
        position += 1
        var elements: [PythonLiteral] = []
        while !take(end) {
            elements.append(try value(depth: depth + 1))
            guard take(",") || next == UInt8(ascii: end) else { throw Self.malformed }
        }
        return elements
    }

    /// Python 2 wrote `3L`.
    mutating func integer() throws(NPYError) -> Int {
        let start = position
        position += 1
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if next == UInt8(ascii: "L") { position += 1 }
        guard let value = Int(text) else {
            throw .malformed("number \(quoted(text)) in the header is too large")
        }
        return value
    }

    mutating func string() throws(NPYError) -> String {
        let quote = bytes[position]
        guard let end = bytes[(position + 1)...].firstIndex(of: quote) else {
            throw Self.malformed
        }
        defer { position = end + 1 }
        return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    }
}
