import SwiftletFiles
import TestSupport
import Testing

#if canImport(Glibc)
    internal import Glibc
    private let fileSizeLimit = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
#elseif canImport(Darwin)
    internal import Darwin
    private let fileSizeLimit = RLIMIT_FSIZE
#endif

@Suite struct AtomicFileTests {
    @Test func replacesAWholeFile() throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + "/a.bin"
            try AtomicFile.write("old and longer", to: path)
            chmod(path, 0o640)
            try AtomicFile.write([1, 2, 3], to: path)
            #expect(try readFile(path) == [1, 2, 3])
            #expect(try directoryContents(directory) == ["a.bin"])
            var status = stat()
            stat(path, &status)
            #expect(status.st_mode & 0o777 == 0o640)
        }
    }

    @Test func withoutCommitNothingChanges() throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + "/a.bin"
            try AtomicFile.write([1, 2, 3], to: path)
            do {
                let file = try AtomicFile(replacing: path)
                try file.write([9])
                #expect(try directoryContents(directory).count == 2)
            }
            #expect(try readFile(path) == [1, 2, 3])
            #expect(try directoryContents(directory) == ["a.bin"])
        }
    }

    @Test func aLinkStaysALink() throws {
        try withTemporaryDirectory { directory throws in
            try AtomicFile.write([1], to: directory + "/real")
            symlink("real", directory + "/link")
            try AtomicFile.write([2], to: directory + "/link")
            #expect(try readFile(directory + "/real") == [2])
            #expect(try directoryContents(directory) == ["link", "real"])
        }
    }

    @Test(
        "refusals name the file asked for",
        arguments: [
            ("/missing/dir/model.h5", ENOENT, "No such file or directory"),
            ("", EISDIR, "Is a directory"),
        ])
    func refusals(_ name: String, _ number: Int32, _ words: String) throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + name
            let error = #expect(throws: FileError(path, .system(number))) {
                try AtomicFile.write([1], to: path)
            }
            #expect(error?.description == "\(path): \(words)")
        }
    }

    @Test func devicesAreNotReplaced() {
        #expect(throws: FileError("/dev/null", .notRegular)) {
            try AtomicFile.write([1], to: "/dev/null")
        }
    }

    @Test func aFullDiskIsNamed() throws {
        // The limit of a process on file sizes stands in for a full disk; its signal is ignored.
        signal(SIGXFSZ, SIG_IGN)
        try withTemporaryDirectory { directory throws in
            let path = directory + "/big"
            var old = rlimit()
            getrlimit(fileSizeLimit, &old)
            var small = rlimit(rlim_cur: 1 << 26, rlim_max: old.rlim_max)
            setrlimit(fileSizeLimit, &small)
            defer { setrlimit(fileSizeLimit, &old) }
            #expect(throws: FileError(path, .system(EFBIG))) {
                try AtomicFile.write([UInt8](repeating: 0, count: 1 << 26 + 1), to: path)
            }
            #expect(try directoryContents(directory).isEmpty)
        }
    }
}

@Suite struct WholeFileTests {
    @Test func limitIsKept() throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + "/a"
            try AtomicFile.write([UInt8](repeating: 5, count: 10_000), to: path)
            #expect(try readFile(path, limit: 10_000).count == 10_000)
            #expect(throws: FileError(path, .tooLarge(limit: 9_999))) {
                try readFile(path, limit: 9_999)
            }
        }
        #expect(throws: FileError("/dev/zero", .tooLarge(limit: 100_000))) {
            try readFile("/dev/zero", limit: 100_000)
        }
    }

    @Test func foreignPathsAreNamed() {
        #expect(throws: FileError("/nowhere", .system(ENOENT))) { try readFile("/nowhere") }
        #expect(throws: FileError("/tmp", .system(EISDIR))) { try readFile("/tmp") }
        #expect(throws: FileError("/tmp", .system(EISDIR))) { try MappedFile("/tmp") }
        #expect(throws: FileError("/dev/zero", .notRegular)) { try MappedFile("/dev/zero") }
        #expect(throws: FileError("/nowhere", .system(ENOENT))) {
            try directoryContents("/nowhere")
        }
    }

    @Test func mappingShowsTheBytes() throws {
        try withTemporaryDirectory { directory throws in
            let path = directory + "/a"
            try AtomicFile.write([1, 2, 3], to: path)
            let file = try MappedFile(path)
            #expect(file.withUnsafeBytes(Array.init) == [1, 2, 3])
            try AtomicFile.write([], to: path)
            #expect(file.withUnsafeBytes(Array.init) == [1, 2, 3])
            #expect(try MappedFile(path).count == 0)
            #expect(MappedFile(bytes: [4, 5], name: "x").withUnsafeBytes(Array.init) == [4, 5])
        }
    }

    @Test func directoriesAreMade() throws {
        try withTemporaryDirectory { root in
            try createDirectory(root + "/a/b/c/")
            try createDirectory(root + "/a/b")
            #expect(PathKind(root + "/a/b/c") == .directory)
            try AtomicFile.write([1], to: root + "/a/file")
            #expect(PathKind(root + "/a/file") == .regular)
            #expect(throws: FileError(root + "/a/file", .system(EEXIST))) {
                try createDirectory(root + "/a/file")
            }
        }
    }

    @Test(arguments: [
        ("a/b.h5", "a", "b.h5"), ("b", ".", "b"), ("/b", "/", "b"), ("a//b/", "a", "b"),
    ])
    func pathParts(_ path: String, _ parent: String, _ name: String) {
        #expect(directory(of: path) == parent)
        #expect(fileName(of: path) == name)
    }
}
