internal import SwiftletData
internal import SwiftletFiles

/// The files in a `.tar` archive (ustar, with the long names of GNU and pax), read in place.
struct TarArchive: Sendable {
    struct Entry: Sendable {
        let name: String
        fileprivate let bytes: Range<Int>
    }

    let entries: [Entry]
    private let file: MappedFile

    private static let block = 512
    private static let longestName = 1 << 16

    init(_ path: String) throws {
        do {
            file = try MappedFile(path)
        } catch {
            throw DataError(file: path, .file(error.cause))
        }
        do {
            entries = try file.withUnsafeBytes { bytes throws(DataError.Cause) in
                try Self.entries(bytes)
            }
        } catch {
            throw DataError(file: path, error)
        }
    }

    func withBytes<Result>(
        of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try file.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[entry.bytes])) }
    }

    private static func entries(
        _ bytes: UnsafeRawBufferPointer
    ) throws(DataError.Cause) -> [Entry] {
        var entries: [Entry] = []
        var position = 0
        var longName: String?
        while position <= bytes.count - block {
            let header = UnsafeRawBufferPointer(rebasing: bytes[position..<position + block])
            if header.allSatisfy({ $0 == 0 }) { return entries }
            guard header[257..<262].elementsEqual("ustar".utf8) || isChecked(header) else {
                throw .wrongFormat(expected: "a tar archive")
            }
            guard let size = number(header[124..<136]) else {
                throw .malformed("damaged tar archive: the size of an entry")
            }
            let start = position + block
            guard size <= bytes.count - start else {
                throw .truncated(needed: start + size, found: bytes.count)
            }
            let content = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
            switch header[156] {
            case UInt8(ascii: "L") where size <= longestName: longName = text(content[...])
            case UInt8(ascii: "x") where size <= longestName:
                longName = paxPath(content) ?? longName
            case UInt8(ascii: "0"), 0:
                let prefix = text(header[345..<500])
                let short = text(header[0..<100])
                entries.append(
                    Entry(
                        name: longName ?? (prefix.isEmpty ? short : "\(prefix)/\(short)"),
                        bytes: start..<start + size))
                longName = nil
            default: longName = nil
            }
            position = start + (size + block - 1) / block * block
        }
        guard position == bytes.count, !entries.isEmpty else {
            throw bytes.count < block
                ? .wrongFormat(expected: "a tar archive")
                : .truncated(needed: position + block, found: bytes.count)
        }
        return entries
    }

    /// The sum of the header's bytes, those of the sum itself counted as spaces.
    private static func isChecked(_ header: UnsafeRawBufferPointer) -> Bool {
        let sum = header.enumerated().reduce(0) {
            $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
        }
        return number(header[148..<156]) == sum
    }

    private static func number(_ field: Slice<UnsafeRawBufferPointer>) -> Int? {
        var value = 0
        for byte in field where byte != 0x20 && byte != 0 {
            guard (0x30...0x37).contains(byte), value < 1 << 56 else { return nil }
            value = value << 3 | Int(byte - 0x30)
        }
        return value
    }

    private static func text(_ field: Slice<UnsafeRawBufferPointer>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// `length path=name\n` among the records of a pax header.
    private static func paxPath(_ content: UnsafeRawBufferPointer) -> String? {
        String(decoding: content, as: UTF8.self).split(separator: "\n").lazy
            .compactMap { record in
                record.split(separator: " ", maxSplits: 1).last
                    .flatMap { $0.hasPrefix("path=") ? String($0.dropFirst(5)) : nil }
            }.first
    }
}
