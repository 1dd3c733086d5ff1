import Foundation
import SwiftletArchive
import SwiftletFiles
import SwiftletHDF5
import SwiftletLimits
import SwiftletTensor
import TestSupport
import Testing

/// What `tools/make-isolation-fixtures` recorded: files that only libhdf5 reads.
private enum Expected {
    static let document = try? JSON(parsing: readFile(fixture("hdf5/isolated/expected.json")))
    static let sound = names("sound")
    static let refused = names("refused")

    private static func names(_ key: String) -> [String] {
        document?[key]?.object?.members.map(\.key) ?? []
    }
}

/// With the helper `swiftlet`, or another one.
private func isolated<Result>(
    _ use: HDF5Isolation.Use, program: String? = nil, patience: Int? = nil,
    _ body: () throws -> Result
) throws -> Result {
    var isolation = HDF5Isolation(use, program: try program ?? builtProgram("swiftlet"))
    isolation.patience = patience
    return try HDF5Isolation.$current.withValue(isolation, operation: body)
}

@Suite struct IsolationTests {
    @Test func tablesAreThere() {
        #expect(Expected.sound.count == 5 && Expected.refused.count == 6)
    }

    /// As h5py reads it, whether all of the file or only the part that needs it comes from the helper.
    @Test(arguments: Expected.sound, [HDF5Isolation.Use.whereNeeded, .always])
    func sameAsH5py(_ name: String, use: HDF5Isolation.Use) throws {
        let rows = try #require(Expected.document?["sound"]?[name]?.object?.members)
        try isolated(use) {
            let file = try HDF5File(fixture("hdf5/isolated/\(name)"))
            for (path, value) in rows {
                let found =
                    try path.contains("@")
                    ? attribute(path, in: file)
                    : file.root.dataset(path).read()
                try expect(#require(found), equals: value)
            }
            let datasets = try file.root.allDatasets().map(\.path)
            #expect(datasets.sorted() == rows.map(\.key).filter { !$0.contains("@") }.sorted())
        }
    }

    /// A library starts no processes unless it is told to.
    @Test(arguments: Expected.sound)
    func notByItself(_ name: String) throws {
        let error = #expect(throws: HDF5Error.self) {
            let root = try HDF5File(fixture("hdf5/isolated/\(name)")).root
            for dataset in try root.allDatasets() { _ = try dataset.attributeNames() }
        }
        guard case .needsLibrary = error?.cause else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error.map { "\($0)".contains("not supported without a helper process") } == true)
    }

    /// Before any data is read, the whole file is refused for what stands anywhere in it.
    @Test(arguments: Expected.refused, [HDF5Isolation.Use.whereNeeded, .always])
    func refusals(_ name: String, use: HDF5Isolation.Use) throws {
        let word = try #require(Expected.document?["refused"]?[name]?.string)
        let error = try isolated(use) {
            #expect(throws: HDF5Error.self) {
                try HDF5File(fixture("hdf5/isolated/\(name)")).root.dataset("packed").read()
            }
        }
        #expect(error.map { "\($0)".contains(word) && $0.file.hasSuffix(name) } == true)
    }

    /// The same objects with the same bytes or the same refusals as our own reader gives.
    @Test(arguments: Fixtures.sound)
    func sameAsDirect(_ name: String) throws {
        try compare(name) { try HDF5File(fixture(name)) }
    }

    @Test(arguments: Fixtures.archives)
    func sameAsDirectInArchive(_ name: String) throws {
        let archive = try ZipArchive(fixture(name))
        for entry in archive.entries where entry.name.hasSuffix(".h5") {
            let member = try archive.file(entry, name: entry.name)
            try compare(name) { try HDF5File(member) }
        }
    }

    private func compare(_ name: String, _ open: () throws -> HDF5File) throws {
        let direct = Everything.list(try open().root)
        let copied: [String: Everything.Found]
        do {
            copied = try isolated(.always) { Everything.list(try open().root) }
        } catch let error as HDF5Error {
            // A libhdf5 that is older than the file.
            guard case .library(let words) = error.cause, words.contains("version") else {
                throw error
            }
            return
        }
        #expect(Set(direct.keys) == Set(copied.keys))
        for (path, found) in direct { #expect(copied[path] == found, "\(name) \(path)") }
    }

    /// libhdf5 1.10.8 dies of this file; others may read it or say what is wrong.
    @Test func crash() throws {
        let path = fixture("hdf5/isolated/crash.h5")
        do {
            try isolated(.always) { _ = try HDF5File(path).root.attribute("k7") }
        } catch let error as HDF5Error {
            #expect(error.file == path)
        }
    }

    /// However a file is damaged, the end of its helper is one error with the file's name.
    @Test(arguments: Fixtures.damaged)
    func damaged(_ name: String) throws {
        do {
            try isolated(.always) { _ = Everything.list(try HDF5File(fixture(name)).root) }
        } catch let error as HDF5Error {
            #expect(error.file == fixture(name))
        }
    }

    @Test(arguments: Fixtures.sound + Expected.sound.map { "hdf5/isolated/\($0)" })
    func mutations(_ name: String) throws {
        let bytes = try readFile(fixture(name))
        let structures = Mutator.structures(in: bytes)
        for seed in 0..<DamageTests.isolatedMutations {
            var mutator = Mutator(seed: seed &* 131 &+ bytes.count)
            let damaged = MappedFile(bytes: mutator.mutate(bytes, structures), name: "damaged")
            do {
                try isolated(.always, patience: 20) {
                    _ = Everything.list(try HDF5File(damaged).root)
                }
            } catch let error as HDF5Error {
                #expect(error.file == "damaged")
            }
        }
    }
}

/// What the process around libhdf5 can and cannot do, and how its failures are told.
@Suite struct HelperTests {
    /// A file, a socket, a program, a process, memory for code, a signal: what is tried fails with EPERM or
    /// ends the helper.
    @Test(arguments: 0..<6)
    func confinement(_ attempt: Int) throws {
        guard HDF5Isolation.isConfinementAvailable else { return }
        var helper = try ChildProcess(
            builtProgram("swiftlet"), ["hdf5-helper", "attempt", "\(attempt)"],
            descriptors: [nil, nil, nil])
        let ending = helper.wait(until: .now + .seconds(20))
        #expect(ending == .exited(1) || (ending == .signalled(31) && attempt > 0))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let script: String
        let failure: HDF5HelperFailure
        var testDescription: String { script }
    }

    @Test(
        "helpers that are none",
        arguments: [
            Row(script: "kill -SEGV $$", failure: .died(signal: 11)),
            Row(script: "kill -KILL $$", failure: .died(signal: 9)),
            Row(script: "sleep 100", failure: .timedOut(seconds: 1)),
            Row(script: "exec >&-; sleep 100", failure: .timedOut(seconds: 1)),
            Row(script: "exit 3", failure: .noAnswer(status: 3)),
            Row(script: "exit 0", failure: .noAnswer(status: 0)),
            Row(script: "echo hello", failure: .nonsense),
            Row(script: "printf 'refused\\0'", failure: .nonsense),
            Row(script: "yes", failure: .nonsense),
            Row(script: "printf 'done\\0\\0'; exit 1", failure: .noAnswer(status: 1)),
            Row(script: "printf 'done\\0\\0'", failure: .badCopy),
            Row(script: "echo nonsense >&4; printf 'done\\0\\0'", failure: .badCopy),
            Row(script: "sleep 100 & printf 'done\\0\\0'", failure: .badCopy),
        ])
    func strangers(_ row: Row) throws {
        try withTemporaryDirectory { directory in
            let program = try script(row.script, in: directory)
            let patience = if case .timedOut = row.failure { 1 } else { 60 }
            let error = try isolated(.always, program: program, patience: patience) {
                #expect(throws: HDF5Error.self) { try HDF5File(fixture("hdf5/latest.h5")) }
            }
            #expect(error == HDF5Error(fixture("hdf5/latest.h5"), .helper(row.failure)))
        }
    }

    @Test func noProgram() throws {
        let error = try isolated(.always, program: "/nowhere/swiftlet") {
            #expect(throws: HDF5Error.self) { try HDF5File(fixture("hdf5/latest.h5")) }
        }
        #expect(
            error?.cause
                == .helper(
                    .cannotStart(program: "/nowhere/swiftlet", FileError.notFound("").cause)))
    }

    /// The limits in force hold for helpers as well.
    @Test func limits() throws {
        var limits = Limits()
        limits.nesting = 5
        let deep = try limits.apply {
            try isolated(.always) {
                #expect(throws: HDF5Error.self) {
                    try HDF5File(fixture("hdf5/isolated/refused-deep.h5"))
                }
            }
        }
        #expect(deep?.cause == .limit(LimitError(.nesting, found: 6, limit: 5)))
        limits.time = .seconds(1)
        try withTemporaryDirectory { directory in
            let program = try script("sleep 100", in: directory)
            let slow = try limits.apply {
                try isolated(.always, program: program) {
                    #expect(throws: HDF5Error.self) { try HDF5File(fixture("hdf5/latest.h5")) }
                }
            }
            #expect(slow?.cause == .limit(LimitError(.time, found: nil, limit: 1)))
        }
    }

    /// What a helper says is not believed to be short or printable.
    @Test func longWords() throws {
        try withTemporaryDirectory { directory in
            let program = try script(
                "printf 'unsupported\\0/x\\0'; printf 'x%.0s' $(seq 3000); printf '\\0\\0'",
                in: directory)
            let error = try isolated(.always, program: program) {
                #expect(throws: HDF5Error.self) { try HDF5File(fixture("hdf5/latest.h5")) }
            }
            guard case .unsupported(let words) = error?.cause else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(words.utf8.count < 400 && error?.object == "/x")
        }
    }

    /// One helper serves all of a file, and none where our own reader is enough.
    @Test(arguments: [("isolated/shared.h5", 1), ("isolated/refused-soft.h5", 1), ("latest.h5", 0)])
    func started(_ name: String, times: Int) throws {
        try withTemporaryDirectory { directory in
            let own = try builtProgram("swiftlet")
            let program = try script(
                "echo started >> '\(directory)/log'; exec '\(own)' \"$@\"", in: directory)
            try isolated(.whereNeeded, program: program) {
                let root = try HDF5File(fixture("hdf5/\(name)")).root
                for _ in 0..<2 { _ = Everything.list(root) }
            }
            let log = (try? readFile(directory + "/log")) ?? []
            #expect(log.count { $0 == 10 } == times)
        }
    }

    /// Helpers leave nothing: no descriptor, no process.
    @Test func leftovers() throws {
        try withTemporaryDirectory { directory in
            let program = try script("exec sleep 60 &\necho hello", in: directory)
            func descriptors() throws -> Int { try directoryContents("/dev/fd").count }
            let before = try descriptors()
            for _ in 0..<60 {
                _ = try isolated(.always, program: program) {
                    #expect(throws: HDF5Error.self) { try HDF5File(fixture("hdf5/latest.h5")) }
                }
            }
            // Other tests open files meanwhile.
            #expect(try descriptors() < before + 60)
        }
    }

    /// A program that does `body`.
    private func script(_ body: String, in directory: String) throws -> String {
        let path = directory + "/helper"
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: fixture("hdf5/isolated/stranger"))
        try AtomicFile.write(Array("\(body)\n".utf8), to: path + ".sh")
        return path
    }
}
