internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletNumPy
internal import SwiftletTensor

/// A file of the bytes in memory.
func memory(_ bytes: UnsafeRawBufferPointer) -> MappedFile {
    MappedFile(bytes: [UInt8](bytes), name: "fuzzed")
}

extension FuzzTarget {
    static var containers: [FuzzTarget] {
        [
            FuzzTarget("json", seeds: [("", ".json")]) { _ in
                { bytes in _ = try JSON(parsing: bytes) }
            },
            FuzzTarget("hdf5", seeds: [("", ".h5")]) { _ in
                { try readEverything(HDF5File(memory($0), verifiesChecksums: false)) }
            },
            FuzzTarget("zip", seeds: [("archive", ".zip"), ("data/npz", ".npz")]) { _ in
                { bytes in
                    let archive = try ZipArchive(memory(bytes))
                    for entry in archive.entries { _ = try? archive.read(entry) }
                }
            },
            FuzzTarget("gzip", seeds: [("data", ".gz")]) { _ in
                { bytes in _ = try Gzip.unpacked(memory(bytes)) }
            },
            FuzzTarget("npy", seeds: [("data", ".npy")]) { _ in
                { bytes in _ = try NPYArray.decode(bytes) }
            },
        ]
    }

    /// Every name, attribute and number of a file. The budget is on what is declared: chunks that were
    /// never written cost nothing in a file.
    private static func readEverything(_ file: HDF5File) throws {
        let most = 1 << 22
        var groups = [file.root]
        var objects = 0
        while let group = groups.popLast(), objects < 1000 {
            for name in (try? group.attributeNames()) ?? [] { _ = try? group.attribute(name) }
            for name in (try? group.childNames()) ?? [] {
                objects += 1
                switch try? group.child(name) {
                case .group(let inner) where inner.path.utf8.count < 400: groups.append(inner)
                case .dataset(let dataset):
                    for name in (try? dataset.attributeNames()) ?? [] {
                        _ = try? dataset.attribute(name)
                    }
                    _ = try? dataset.isPlain()
                    guard dataset.shape.elementCount <= most else { continue }
                    _ = try? dataset.read()
                    try? dataset.forEachBand { _ in }
                default: continue
                }
            }
        }
        _ = try file.root.allDatasets()
    }
}
