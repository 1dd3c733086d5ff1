internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletTraining

extension FuzzTarget {
    static var data: [FuzzTarget] {
        [
            FuzzTarget("csv", seeds: [("data", ".csv"), ("data/csv", ".tsv")]) { scratch in
                { bytes in
                    _ = try? CSV.decode(bytes)
                    var roles = DataRoles()
                    roles.textInputs = ["a"]
                    let path = scratch.write(bytes, as: "table.csv")
                    _ = try? DataSource.loadInputs(path, roles: roles)
                    _ = try? DataSource.load(path, placement: .disk)
                    _ = try DataSource.load(path)
                }
            },
            FuzzTarget("idx", seeds: [("data", ".idx")]) { _ in { _ = try IDX.decode($0) } },
            FuzzTarget("cifar", seeds: [("data", ".bin")]) { _ in
                { bytes in
                    for kind in CIFAR.Kind.allCases { _ = try? CIFAR.decode(bytes, kind: kind) }
                }
            },
            FuzzTarget("data-npz", .zip, seeds: [("data", ".npz")]) { scratch in
                { bytes in
                    let path = scratch.write(bytes, as: "data.npz")
                    _ = try? DataListing(path)
                    _ = try? DataSource.loadInputs(path)
                    _ = try? DataSource.load(path, placement: .disk)
                    _ = try DataSource.load(path)
                }
            },
            FuzzTarget("data-hdf5", seeds: [("data", ".h5")]) { scratch in
                { bytes in
                    let path = scratch.write(bytes, as: "data.h5")
                    _ = try? DataListing(path)
                    _ = try? DataSource.load(path, placement: .disk)
                    _ = try DataSource.load(path)
                }
            },
            FuzzTarget("tar", seeds: [("", ".tar")]) { scratch in
                { bytes in
                    let pictures = try Pictures(tar: scratch.write(bytes, as: "pictures.tar"))
                    for index in 0..<min(pictures.count, 16) { _ = try? pictures.read(index) }
                }
            },
            FuzzTarget("features-journal", seeds: [("", ".features")]) { scratch in
                { bytes in
                    let path = scratch.write(bytes, as: "features.state")
                    let journal = try FeatureJournal(path)
                    let set = try journal.begin(["image_list_sha256": "x"])
                    _ = try journal.replay(set) { _ in }
                }
            },
            FuzzTarget("training-state", seeds: [("", ".state")]) { scratch in
                { _ = try StateFile(contentsOf: scratch.write($0, as: "training.state")) }
            },
        ]
    }
}
