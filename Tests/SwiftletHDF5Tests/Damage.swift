import SwiftletFiles
import SwiftletHDF5
import SwiftletTensor

/// Reads everything in a file that may be damaged; whatever is wrong with it has to come out as an
/// ``HDF5Error``.
enum Everything {
    /// How many objects were read and how many refused.
    final class Count {
        var read = 0
        var refused = 0
        /// Bytes of all tensors, which a small file must not blow up.
        var bytes = 0
        /// Of all bytes.
        var sum = 0
    }

    static func read(_ bytes: MappedFile, verifiesChecksums: Bool) -> Count {
        let count = Count()
        do throws(HDF5Error) {
            let file = try HDF5File(bytes, verifiesChecksums: verifiesChecksums)
            group(file.root, depth: 0, count)
            _ = try file.root.allDatasets()
        } catch {
            count.refused += 1
        }
        return count
    }

    private static func group(_ group: HDF5Group, depth: Int, _ count: Count) {
        note(count) { () throws(HDF5Error) in
            for name in try group.attributeNames() {
                note(count) { () throws(HDF5Error) in try group.attribute(name).map { [$0] } }
            }
            return nil
        }
        guard depth < 8 else { return }
        note(count) { () throws(HDF5Error) in
            for name in try group.childNames() {
                note(count) { () throws(HDF5Error) in
                    switch try group.child(name) {
                    case .group(let child):
                        self.group(child, depth: depth + 1, count)
                        return nil
                    case .dataset(let dataset):
                        var tensors = [try dataset.read()]
                        for name in try dataset.attributeNames() {
                            if let value = try dataset.attribute(name) { tensors.append(value) }
                        }
                        return tensors
                    }
                }
            }
            return nil
        }
    }

    private static func note(
        _ count: Count, _ body: () throws(HDF5Error) -> [Tensor]?
    ) {
        do throws(HDF5Error) {
            guard let tensors = try body() else { return }
            count.read += tensors.count
            for tensor in tensors {
                count.bytes += tensor.withUnsafeBytes(\.count)
                // Every byte is there to be read.
                count.sum ^= tensor.withUnsafeBytes { $0.reduce(0) { $0 &* 31 ^ Int($1) } }
            }
        } catch {
            count.refused += 1
        }
    }
}

extension Everything {
    /// What an object or attribute is, or why it is not read.
    enum Found: Equatable {
        case group
        case tensor(Tensor)
        case refusal(String)

        static func == (a: Found, b: Found) -> Bool {
            switch (a, b) {
            case (.group, .group): true
            case (.tensor(let a), .tensor(let b)): a.isIdentical(to: b)
            case (.refusal(let a), .refusal(let b)): a == b
            default: false
            }
        }

        init(_ read: () throws(HDF5Error) -> Found) {
            do {
                self = try read()
            } catch {
                self = .refusal("\(error)")
            }
        }
    }

    /// Everything below a group, by its path; attributes as `path@name`.
    static func list(_ group: HDF5Group) -> [String: Found] {
        var found: [String: Found] = [:]
        list(group, depth: 0, into: &found)
        return found
    }

    private static func list(
        _ group: HDF5Group, depth: Int, into found: inout [String: Found]
    ) {
        do throws(HDF5Error) {
            for name in try group.attributeNames() {
                found["\(group.path)@\(name)"] = Found { () throws(HDF5Error) in
                    try group.attribute(name).map { .tensor($0) } ?? .group
                }
            }
            guard depth < 40 else { return }
            for name in try group.childNames() {
                let path = "\(group.path)/\(name)"
                var below: HDF5Group?
                found[path] = Found { () throws(HDF5Error) in
                    switch try group.child(name) {
                    case .group(let child):
                        below = child
                        return .group
                    case .dataset(let dataset):
                        for name in try dataset.attributeNames() {
                            found["\(path)@\(name)"] = Found { () throws(HDF5Error) in
                                try dataset.attribute(name).map { .tensor($0) } ?? .group
                            }
                        }
                        return .tensor(try dataset.read())
                    }
                }
                if let below { list(below, depth: depth + 1, into: &found) }
            }
        } catch {
            found[group.path] = .refusal("\(error)")
        }
    }
}

/// Deterministic damage.
struct Mutator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 | 1 }

    private mutating func random(below limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int((state >> 11) % UInt64(max(1, limit)))
    }

    private static let signatures = [
        "OHDR", "OCHK", "TREE", "SNOD", "HEAP", "GCOL", "FRHP", "FHDB", "FHIB", "BTHD", "BTLF",
        "BTIN", "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB",
    ].map { Array($0.utf8) }

    /// Where structures begin, for damage that hits more than weights.
    static func structures(in bytes: [UInt8]) -> [Int] {
        var places = [0]
        for offset in bytes.indices.dropLast(4) {
            let isStructure = signatures.contains {
                bytes[offset..<offset + 4].elementsEqual($0)
            }
            // An object header of version 1 begins at a multiple of 8 with its version.
            let isHeader =
                offset % 8 == 0 && bytes[offset] == 1 && bytes[offset + 1] == 0
                && bytes[offset + 2] < 60 && bytes[offset + 3] == 0
            if isStructure || isHeader { places.append(offset) }
        }
        return places
    }

    mutating func mutate(_ bytes: [UInt8], _ structures: [Int]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random(below: 3) {
            guard !bytes.isEmpty else { break }
            let near = structures[random(below: structures.count)]
            let place =
                random(below: 4) == 0
                ? random(below: bytes.count) : min(near + random(below: 160), bytes.count - 1)
            switch random(below: 7) {
            case 0, 1: bytes[place] ^= 1 << UInt8(random(below: 8))
            case 2: bytes[place] = [0, 1, 0x7f, 0x80, 0xff][random(below: 5)]
            case 3:
                for index in place..<min(place + [2, 4, 8][random(below: 3)], bytes.count) {
                    bytes[index] = 0xff
                }
            case 4:
                for index in place..<min(place + 1 + random(below: 16), bytes.count) {
                    bytes[index] = UInt8(random(below: 256))
                }
            case 5:
                // An address or size of something else in the file.
                let other = UInt64(structures[random(below: structures.count)])
                for index in 0..<8 where place / 8 * 8 + index < bytes.count {
                    bytes[place / 8 * 8 + index] = UInt8(
                        truncatingIfNeeded: other >> UInt64(8 * index))
                }
            default:
                if random(below: 8) == 0 {
                    bytes.removeLast(random(below: bytes.count))
                } else {
                    let from = random(below: bytes.count)
                    let count = min(8 + random(below: 56), bytes.count - max(from, place))
                    for index in 0..<max(0, count) { bytes[place + index] = bytes[from + index] }
                }
            }
        }
        return bytes
    }
}
