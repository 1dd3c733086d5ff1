import SwiftletArchive
import SwiftletFiles
import SwiftletLimits
import TestSupport
import Testing

/// What `tools/make-zip-fixtures` recorded beside the archives that Python's zipfile wrote.
private enum Expected {
    static let document = try? JSON(parsing: readFile(fixture("archive/expected.json")))
    static let entries = document?["entries"]?.array ?? []
    static let refused = document?["refused"]?.object?.members ?? []
}

@Suite struct ZipReadingTests {
    @Test func tablesAreThere() {
        #expect(Expected.entries.count == 5)
        #expect(Expected.refused.count == 27)
    }

    @Test(arguments: ["stored", "deflated", "streamed", "zip64", "comment"])
    func pythonsArchives(_ name: String) throws {
        let archive = try ZipArchive(fixture("archive/\(name).zip"))
        #expect(archive.entries.map(\.name) == Expected.entries.compactMap { $0["name"]?.string })
        for expected in Expected.entries {
            let entry = try archive.entry(#require(expected["name"]?.string))
            #expect(entry.size == expected["size"]?.int)
            #expect(Int(entry.crc32) == expected["crc32"]?.int)
            let bytes = try archive.read(entry)
            #expect(bytes.count == entry.size)
            let file = try archive.file(entry, name: "part")
            #expect(file.withUnsafeBytes { $0.elementsEqual(bytes) })
            #expect(try chunks(of: entry, in: archive, size: 777) == bytes)
        }
        let squares = try archive.read("numbers.bin")
        #expect(squares == (0..<5000).map { UInt8($0 * $0 % 251) })
    }

    private func chunks(
        of entry: ZipEntry, in archive: ZipArchive, size: Int
    ) throws -> [UInt8] {
        var stream = try archive.stream(entry)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: size)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try stream.read(into: $0) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    @Test(arguments: Expected.refused.map { ($0.key, $0.value.string ?? "") })
    func damagedArchivesAreRefused(_ name: String, _ word: String) throws {
        let path = fixture("archive/refused/\(name).zip")
        var limits = Limits()
        limits.decompressedBytes = 1 << 20
        let error = #expect(throws: ArchiveError.self) {
            try limits.apply {
                let archive = try ZipArchive(path)
                for entry in archive.entries { _ = try archive.read(entry) }
            }
        }
        let message = try #require(error?.description)
        #expect(message.hasPrefix(path + ":"))
        #expect(message.contains(word))
    }

    @Test(arguments: ["stored", "deflated", "zip64"])
    func everyTruncationIsRefused(_ name: String) throws {
        let whole = try readFile(fixture("archive/\(name).zip"))
        let step = max(1, whole.count / 1500)
        for count in stride(from: 0, to: whole.count, by: step) {
            let cut = MappedFile(bytes: Array(whole[..<count]), name: "cut")
            #expect(throws: ArchiveError.self) { try ZipArchive(cut) }
        }
    }

    /// Whatever byte of the file changes, reading ends in an error or in the same content.
    @Test(arguments: ["deflated", "streamed"])
    func everyFlippedByteIsHarmless(_ name: String) throws {
        let path = fixture("archive/\(name).zip")
        var bytes = try readFile(path)
        let sound = try ZipArchive(path)
        let content = try Dictionary(
            uniqueKeysWithValues: sound.entries.map { ($0.crc32, try sound.read($0)) })
        for index in bytes.indices {
            let old = bytes[index]
            for flipped in [old ^ 0xff, old &+ 1] {
                bytes[index] = flipped
                guard let archive = try? ZipArchive(MappedFile(bytes: bytes, name: "flipped"))
                else { continue }
                for entry in archive.entries {
                    guard let read = try? archive.read(entry) else { continue }
                    #expect(content[entry.crc32] == read)
                }
            }
            bytes[index] = old
        }
    }

    @Test func absentThingsAreNamed() throws {
        #expect(throws: ArchiveError("/nowhere.zip", .file(FileError("", .system(2)).cause))) {
            try ZipArchive("/nowhere.zip")
        }
        let path = fixture("archive/stored.zip")
        #expect(throws: ArchiveError(path, entry: "x", .missing)) {
            try ZipArchive(path).read("x")
        }
    }
}

@Suite struct ZipWritingTests {
    private static let squares = (0..<10_000).map { UInt8($0 * $0 % 251) }

    @Test(arguments: [true, false], [UInt64(UInt32.max), 100])
    func roundTrip(compressed: Bool, wideFrom: UInt64) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.zip"
            var writer = try ZipWriter(replacing: path, wideFrom: wideFrom)
            try writer.add("config.json", "{}", compressed: compressed)
            try writer.add("é/squares", Self.squares, compressed: compressed, alignment: 64)
            try writer.add("empty", [], compressed: compressed)
            try writer.add("aligned", Self.squares, compressed: compressed, alignment: 64)
            try writer.finish()

            let archive = try ZipArchive(path)
            #expect(
                archive.entries.map(\.name) == ["config.json", "é/squares", "empty", "aligned"])
            #expect(try archive.read("config.json") == Array("{}".utf8))
            #expect(try archive.read("é/squares") == Self.squares)
            #expect(try archive.read("empty") == [])
            #expect(try archive.read("aligned") == Self.squares)
            if !compressed {
                let bytes = try readFile(path)
                let starts = bytes.indices.filter { bytes[$0...].starts(with: Self.squares) }
                #expect(starts.count == 2 && starts.allSatisfy { $0 % 64 == 0 })
            }
        }
    }

    @Test func manyEntriesNeedZip64() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/many.zip"
            var writer = try ZipWriter(replacing: path)
            for index in 0..<65_600 { try writer.add("\(index)", [UInt8(index % 256)]) }
            try writer.finish()
            let archive = try ZipArchive(path)
            #expect(archive.entries.count == 65_600)
            #expect(try archive.read("65599") == [UInt8(65_599 % 256)])
            var limits = Limits()
            limits.archiveEntries = 65_599
            let error = #expect(throws: ArchiveError.self) {
                try limits.apply { try ZipArchive(path) }
            }
            #expect(
                error?.cause
                    == .limit(LimitError(.archiveEntries, found: 65_600, limit: 65_599)))
        }
    }

    @Test func anUnfinishedArchiveLeavesNothing() throws {
        try withTemporaryDirectory { directory in
            do {
                var writer = try ZipWriter(replacing: directory + "/a.zip")
                try writer.add("a", [1])
                try writer.add("a", [2])
            } catch let error as ArchiveError {
                #expect(error.entry == "a")
            }
            #expect(try directoryContents(directory).isEmpty)
        }
    }
}
