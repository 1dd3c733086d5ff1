internal import Mutation
internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletLimits

/// libFuzzer's own mutations, of `size` bytes in place; returns how many there are then.
@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int) -> Int

/// Changes of inputs that keep what would have every other change refused at the door: a zip archive's
/// checksums, a JSON text's brackets.
enum Mutations {
    static func bytes(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int) -> Int {
        mutateBytes(data, size, capacity)
    }

    /// - Returns: nil where bytes are to be mutated as they are.
    static func mutated(
        _ data: UnsafeMutableBufferPointer<UInt8>, size: Int, as kind: FuzzTarget.Mutation,
        seed: UInt32
    ) -> [UInt8]? {
        var random = SeededRandom(seed: UInt64(seed))
        let bytes = data.prefix(size)
        // A part goes without help: the door is a parser, too.
        guard random.below(8) > 0 else { return nil }
        switch kind {
        case .bytes: return nil
        case .json: return json(Array(bytes), &random)
        case .zip: return zip(Array(bytes), &random)
        case .request: return RawRequest(flat: bytes)?.mutated(using: &random).flat
        }
    }

    private static func json(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8]? {
        guard let tree = try? JSON(parsing: bytes) else { return nil }
        return Array(tree.mutated(using: &random).text().utf8)
    }

    private static func zip(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8]? {
        guard let archive = try? ZipArchive(MappedFile(bytes: bytes, name: "")),
            archive.entries.count < 256
        else { return nil }
        var members = archive.entries.compactMap { entry in
            (try? FuzzTarget.limits.apply { try archive.read(entry) }).map {
                (name: entry.name, bytes: $0)
            }
        }
        guard !members.isEmpty else { return nil }
        let index = random.below(members.count)
        if members[index].name.hasSuffix(".json"),
            let changed = json(members[index].bytes, &random)
        {
            members[index].bytes = changed
        } else {
            members[index].bytes = changed(members[index].bytes)
        }
        return archived(members, &random)
    }

    private static func changed(_ bytes: [UInt8]) -> [UInt8] {
        var room = bytes + [UInt8](repeating: 0, count: 64 + bytes.count / 8)
        let count = room.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mutateBytes($0, bytes.count, buffer.count) } ?? 0
        }
        return Array(room.prefix(count))
    }

    private static func archived(
        _ members: [(name: String, bytes: [UInt8])], _ random: inout SeededRandom
    ) -> [UInt8]? {
        guard let scratch = try? Scratch("archive") else { return nil }
        defer { scratch.remove() }
        let path = scratch.path("archive.zip")
        guard var writer = try? ZipWriter(replacing: path) else { return nil }
        for member in members {
            guard
                (try? writer.add(
                    member.name, member.bytes, compressed: random.below(3) == 0)) != nil
            else { return nil }
        }
        guard (try? writer.finish()) != nil else { return nil }
        return try? readFile(path)
    }
}
