import Foundation
import SwiftletArchive
import SwiftletFiles
import SwiftletHDF5
import SwiftletTensor
import TestSupport
import Testing

/// Every HDF5 file under `fixtures/`, and what lies in `.keras` archives there.
enum Fixtures {
    static let folders = ["hdf5", "hdf5/structures", "eras", "keras"]
    static let sound = folders.flatMap { folder in files(in: folder) { $0.hasSuffix(".h5") } }
    static let archives = folders.flatMap { folder in
        files(in: folder) { $0.hasSuffix(".keras") }
    }
    static let damaged = files(in: "hdf5/refused") { _ in true }

    private static func files(in folder: String, where suits: (String) -> Bool) -> [String] {
        ((try? directoryContents(fixture(folder))) ?? []).filter(suits).map { "\(folder)/\($0)" }
    }
}

@Suite struct StructureTests {
    @Test func fixturesAreThere() {
        #expect(Fixtures.sound.count > 25 && Fixtures.damaged.count == 20)
    }

    /// The same objects with the same bytes as libhdf5 gives; what it gives and no tensor holds is
    /// refused.
    private func compare(_ path: String, _ file: HDF5File) throws {
        let reference = try ReferenceFile(path).contents
        #expect(!reference.isEmpty)
        for (name, expected) in reference {
            do {
                let found = try tensor(name, in: file.root)
                #expect(expected.map { found?.isIdentical(to: $0) == true } == true, "\(name)")
            } catch let error as HDF5Error {
                guard case .unsupported = error.cause, expected == nil else {
                    Issue.record("\(name): \(error)")
                    continue
                }
            }
        }
    }

    private func tensor(_ name: String, in root: HDF5Group) throws -> Tensor? {
        guard let at = name.lastIndex(of: "@") else { return try root.dataset(name).read() }
        let attribute = String(name[name.index(after: at)...])
        let object = String(name[..<at])
        if object == "/" { return try root.attribute(attribute) }
        return switch try root.child(object) {
        case .group(let group): try group.attribute(attribute)
        case .dataset(let dataset): try dataset.attribute(attribute)
        }
    }

    @Test(arguments: Fixtures.sound)
    func sameAsLibrary(_ name: String) throws {
        try compare(fixture(name), HDF5File(fixture(name)))
    }

    @Test(arguments: Fixtures.archives)
    func sameAsLibraryInArchive(_ name: String) throws {
        let archive = try ZipArchive(fixture(name))
        for entry in archive.entries where entry.name.hasSuffix(".h5") {
            let bytes = try archive.file(entry, name: entry.name)
            try withTemporaryDirectory { directory in
                let path = directory + "/member.h5"
                try AtomicFile.write(bytes.withUnsafeBytes { Array($0) }, to: path)
                try compare(path, HDF5File(bytes))
            }
        }
    }

    @Test func listings() throws {
        let links = try HDF5File(fixture("hdf5/structures/links-new.h5")).root
        #expect(try links.group("many").childNames().count == 1200)
        #expect(links.contains("few/a/b/c/d/x") && links.contains("Größe/中"))
        let attributes = try HDF5File(fixture("hdf5/structures/attributes-new.h5")).root
        #expect(try attributes.group("many").attributeNames().count == 400)
    }

    /// Large plain data stays in the file's own memory, and outlives the file's value.
    @Test func views() throws {
        let tensor = try HDF5File(fixture("hdf5/structures/block-512.h5")).root
            .dataset("weights").read()
        #expect(try tensor.floats() == (0..<3000).map(Float.init))
        var copy = tensor
        try copy.withUnsafeMutableBytes { $0[3] = 0x40 }
        #expect(try copy.floats()[0] == 2 && tensor.floats()[0] == 0)
    }
}

/// Damaged in any way, a file is read or refused in words; it ends no process, keeps nobody
/// waiting and takes no more memory than it has bytes for.
@Suite struct DamageTests {
    /// Of each file; `SWIFTLET_DAMAGE=3000` makes a long campaign.
    private static let mutations =
        ProcessInfo.processInfo.environment["SWIFTLET_DAMAGE"].flatMap { Int($0) } ?? 60

    /// Of each file that libhdf5 reads in a process of its own, which takes longer.
    static let isolatedMutations = min(mutations, max(4, mutations / 20))

    @Test(arguments: Fixtures.sound + Fixtures.damaged, [true, false])
    func mutations(_ name: String, verifiesChecksums: Bool) throws {
        let bytes = try readFile(fixture(name))
        let structures = Mutator.structures(in: bytes)
        for seed in 0..<Self.mutations {
            var mutator = Mutator(seed: seed &* 31 &+ bytes.count)
            let damaged = mutator.mutate(bytes, structures)
            let count = Everything.read(
                MappedFile(bytes: damaged, name: "damaged"),
                verifiesChecksums: verifiesChecksums)
            #expect(count.bytes < 64 << 20, "\(seed)")
        }
    }

    @Test(arguments: Fixtures.sound)
    func truncations(_ name: String) throws {
        let bytes = try readFile(fixture(name))
        for part in 0..<40 {
            let cut = MappedFile(
                bytes: Array(bytes.prefix(bytes.count * part / 40)), name: "cut")
            #expect(throws: HDF5Error.self) { try HDF5File(cut) }
        }
    }
}
