import Foundation
import SwiftletFiles
import TestSupport
import Testing

/// What writers leave behind that were killed, and what those at work keep.
@Suite struct TemporaryFileTests {
    private static let abandoned = ".swiftlet-1k2j3h.tmp"

    @Test func theNextWriteClearsWhatWasLeft() throws {
        try withTemporaryDirectory { directory throws in
            for name in [Self.abandoned, ".swiftlet-b.tmp", ".swiftlet-c.tmp.txt", "d.tmp"] {
                try Data([1]).write(to: URL(filePath: "\(directory)/\(name)"))
            }
            try AtomicFile.write([2], to: directory + "/a")
            #expect(try directoryContents(directory) == [".swiftlet-c.tmp.txt", "a", "d.tmp"])
        }
    }

    /// A read-only target makes its temporary file read-only too.
    @Test func readOnlyOnesAreCleared() throws {
        try withTemporaryDirectory { directory throws in
            let path = "\(directory)/\(Self.abandoned)"
            try Data([1]).write(to: URL(filePath: path))
            chmod(path, 0o400)
            try AtomicFile.write([2], to: directory + "/a")
            #expect(try directoryContents(directory) == ["a"])
        }
    }

    @Test func whatIsInUseStays() throws {
        try withTemporaryDirectory { directory throws in
            let path = "\(directory)/\(Self.abandoned)"
            let file = open(path, O_RDWR | O_CREAT, 0o666)
            defer { close(file) }
            try #require(flock(file, LOCK_EX | LOCK_NB) == 0)
            try AtomicFile.write([2], to: directory + "/a")
            #expect(try directoryContents(directory) == [Self.abandoned, "a"])
        }
    }

    @Test("only plain files are cleared", arguments: ["directory", "link", "pipe"])
    func strangers(_ kind: String) throws {
        try withTemporaryDirectory { directory throws in
            let path = "\(directory)/\(Self.abandoned)"
            try Data([7]).write(to: URL(filePath: directory + "/b"))
            switch kind {
            case "directory": mkdir(path, 0o777)
            case "link": symlink("b", path)
            default: mkfifo(path, 0o666)
            }
            try AtomicFile.write([2], to: directory + "/a")
            #expect(try directoryContents(directory) == [Self.abandoned, "a", "b"])
            #expect(try readFile(directory + "/b") == [7])
        }
    }

    /// Any number of writers and no lock that one could wait for: the last one wins.
    @Test func manyWritersOfOneFile() throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + "/a"
            DispatchQueue.concurrentPerform(iterations: 64) { number in
                let content = [UInt8](repeating: UInt8(number), count: 10_000 + number)
                do {
                    try AtomicFile.write(content, to: path)
                } catch {
                    Issue.record(error)
                }
            }
            let found = try readFile(path)
            #expect(Set(found).count == 1)
            #expect(found.count == 10_000 + Int(found[0]))
            #expect(try directoryContents(directory) == ["a"])
        }
    }

    @Test func aClaimKeepsOthersAway() throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + "/a"
            try claimDestination(path)
            try claimDestination(path)
            let name = try #require(directoryContents(directory).first)
            // Another process would find it locked.
            let file = open("\(directory)/\(name)", O_RDWR)
            defer { close(file) }
            #expect(flock(file, LOCK_EX | LOCK_NB) != 0)
            try AtomicFile.write([1], to: path)
            #expect(try directoryContents(directory) == [name, "a"])
        }
    }

    @Test func whatAnotherHasClaimedIsRefused() throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + "/a"
            // The name that stands for "a": learned from a claim in another directory.
            let name = try withTemporaryDirectory { other in
                try claimDestination(other + "/a")
                return try #require(directoryContents(other).first)
            }
            let file = open("\(directory)/\(name)", O_RDWR | O_CREAT, 0o666)
            defer { close(file) }
            try #require(flock(file, LOCK_EX | LOCK_NB) == 0)
            #expect(throws: FileError(path, .inUse)) { try claimDestination(path) }
            #expect(flock(file, LOCK_UN) == 0)
            try claimDestination(path)
        }
    }

    @Test(
        "a claim finds out what writing would",
        arguments: [("/none/a", ENOENT), ("", EISDIR)] as [(String, Int32)])
    func refusedClaims(_ name: String, _ number: Int32) throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + name
            #expect(throws: FileError(path, .system(number))) { try claimDestination(path) }
            #expect(try directoryContents(directory).isEmpty)
        }
        #expect(throws: FileError("/dev/null", .notRegular)) { try claimDestination("/dev/null") }
    }
}
