#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Cuts a text into records of cells.
struct CSVReader {
    /// One value as it stands in the text.
    struct Cell {
        let bytes: UnsafeRawBufferPointer
        let isQuoted: Bool
        /// Counted from 1.
        let line: Int

        var text: String {
            let text = String(decoding: bytes, as: UTF8.self)
            // Inside quotes a quote is doubled.
            guard isQuoted, text.utf8.contains(UInt8(ascii: "\"")) else { return text }
            var result = ""
            var wasQuote = false
            for scalar in text.unicodeScalars {
                wasQuote = scalar == "\"" && !wasQuote
                if !wasQuote { result.unicodeScalars.append(scalar) }
            }
            return result
        }

        var number: Double? { decimalNumber(bytes) }

        /// What programs write where they have no value.
        var isMissing: Bool {
            let word = String(decoding: trimmingSpace(bytes), as: UTF8.self)
            return bytes.count < 8 && Self.missingWords.contains(word.lowercased())
                || bytes.allSatisfy { $0 == 0x20 }
        }

        private static let missingWords: Set<String> = [
            "", "nan", "na", "n/a", "#n/a", "null", "none", "?", "-nan",
        ]
    }

    private let bytes: UnsafeRawBufferPointer
    private let separator: UInt8
    /// Where the next record begins.
    private(set) var position = 0
    private var line = 1
    /// A blank line between the last two records.
    private(set) var blankLineBefore: Int?

    private static let quote = UInt8(ascii: "\"")

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
        separator = Self.separator(of: bytes)
    }

    /// The first of tab, semicolon and comma that stands outside quotes in the first line: commas
    /// may also stand inside numbers and names, tabs hardly ever.
    private static func separator(of bytes: UnsafeRawBufferPointer) -> UInt8 {
        var isQuoted = false
        var seen: Set<UInt8> = []
        for byte in bytes {
            if byte == quote { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == 0x0a || byte == 0x0d {
                if seen.isEmpty { continue }
                break
            }
            seen.insert(byte)
        }
        return [UInt8(ascii: "\t"), UInt8(ascii: ";")].first(where: seen.contains)
            ?? UInt8(ascii: ",")
    }

    /// Reads the next record that is not blank; false at the end.
    mutating func next(_ record: inout [Cell]) throws(CSVError) -> Bool {
        blankLineBefore = nil
        while position < bytes.count {
            let start = line
            record.removeAll(keepingCapacity: true)
            repeat { record.append(try cell()) } while take(separator)
            try endLine()
            if record.count > 1 || record[0].isQuoted || !trimmingSpace(record[0].bytes).isEmpty {
                return true
            }
            blankLineBefore = blankLineBefore ?? start
        }
        return false
    }

    /// Passes over the next record that is not blank; false at the end.
    mutating func skip() throws(CSVError) -> Bool {
        blankLineBefore = nil
        while position < bytes.count {
            guard let end = plainLineEnd() else {
                var record: [Cell] = []
                return try next(&record)
            }
            let start = position
            position = min(end + 1, bytes.count)
            line += 1
            if bytes[start..<end].contains(where: { $0 != 0x20 && $0 != 0x0d }) { return true }
            blankLineBefore = blankLineBefore ?? line - 1
        }
        return false
    }

    /// Where the line ends that begins here; nil if quotes or lone returns make that less than plain.
    private func plainLineEnd() -> Int? {
        guard let start = bytes.baseAddress.map({ $0 + position }) else { return nil }
        let rest = bytes.count - position
        let found = memchr(start, 0x0a, rest)
        let count = found.map { UnsafeRawPointer($0) - start } ?? rest
        guard count > 0 else { return position }
        guard memchr(start, Int32(Self.quote), count) == nil else { return nil }
        if let lone = memchr(start, 0x0d, count), UnsafeRawPointer(lone) - start != count - 1 {
            return nil
        }
        return position + count
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func endLine() throws(CSVError) {
        guard position < bytes.count else { return }
        let isReturn = take(0x0d)
        guard take(0x0a) || isReturn else {
            throw CSVError(place: "line \(line)", .malformed("text after a closing quote"))
        }
        line += 1
    }

    private mutating func cell() throws(CSVError) -> Cell {
        let unquotedStart = position
        while position < bytes.count, bytes[position] == 0x20 { position += 1 }
        guard take(Self.quote) else {
            position = unquotedStart
            while position < bytes.count, bytes[position] != separator, bytes[position] != 0x0a,
                bytes[position] != 0x0d
            {
                position += 1
            }
            return Cell(
                bytes: UnsafeRawBufferPointer(rebasing: bytes[unquotedStart..<position]),
                isQuoted: false, line: line)
        }
        let start = position
        let startLine = line
        while position < bytes.count {
            if bytes[position] == 0x0a { line += 1 }
            if take(Self.quote) {
                if take(Self.quote) { continue }
                let content = UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1])
                while take(0x20) {}
                return Cell(bytes: content, isQuoted: true, line: startLine)
            }
            position += 1
        }
        throw CSVError(place: "line \(startLine)", .malformed("a quote without its end"))
    }
}

func trimmingSpace(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var range = 0..<bytes.count
    while let first = range.first, bytes[first] == 0x20 { range.removeFirst() }
    while let last = range.last, bytes[last] == 0x20 { range.removeLast() }
    return UnsafeRawBufferPointer(rebasing: bytes[range])
}

/// A decimal number such as `-1.5e-3` or `inf`, nothing else around it than spaces; correctly
/// rounded, whatever the locale.
package func decimalNumber(_ bytes: UnsafeRawBufferPointer) -> Double? {
    let bytes = trimmingSpace(bytes)
    var position = 0
    var isNegative = false
    if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        isNegative = sign == UInt8(ascii: "-")
        position = 1
    }
    var mantissa: UInt64 = 0
    var digits = 0
    var exponent = 0
    var isExact = true
    var isFraction = false
    scan: while position < bytes.count {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            digits += 1
            isExact = isExact && mantissa < 1 << 48
            mantissa = mantissa &* 10 &+ UInt64(byte - 0x30)
            if isFraction { exponent -= 1 }
        case UInt8(ascii: ".") where !isFraction: isFraction = true
        default: break scan
        }
        position += 1
    }
    if digits > 0, position == bytes.count, isExact, exponent >= -22 {
        // Both are exact in Double, so that one division rounds correctly.
        let value = Double(mantissa) / powersOfTen[-exponent]
        return isNegative ? -value : value
    }
    return slowNumber(String(decoding: bytes, as: UTF8.self))
}

/// Long, scientific and infinite numbers.
private func slowNumber(_ text: String) -> Double? {
    let allowed = text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
    }
    if allowed { return Double(text) }
    switch text.lowercased() {
    case "inf", "+inf", "infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default: return nil
    }
}

private let powersOfTen: [Double] = (0...22).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 10 }
}
