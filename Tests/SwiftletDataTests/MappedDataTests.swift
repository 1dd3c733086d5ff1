import Foundation
import SwiftletArchive
import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// Samples that stay on the disk are those that are read into memory.
@Suite struct MappedDataTests {
    private func same(_ path: String, _ roles: DataRoles = DataRoles()) throws {
        let memory = try DataSource.load(path, roles: roles)
        let disk = try DataSource.load(path, roles: roles, placement: .disk)
        #expect(memory.inputs.names == disk.inputs.names)
        #expect(memory.targets.names == disk.targets.names)
        let pairs =
            zip(
                memory.inputs.tensors + memory.targets.tensors,
                disk.inputs.tensors + disk.targets.tensors
            ).map { ($0, $1) }
            + [memory.sampleWeights, disk.sampleWeights].compactMap(\.self).map { ($0, $0) }
        for (a, b) in pairs {
            #expect(a.isIdentical(to: b), "\(path): \(a.dtype) \(a.shape), \(b.dtype) \(b.shape)")
        }
        #expect((memory.sampleWeights == nil) == (disk.sampleWeights == nil))
    }

    @Test(arguments: [
        "sources/single.npz", "sources/data.h5", "sources/data.h5:/test", "sources/header.csv",
        "sources/plain.csv", "sources/regression.csv", "sources/targets.csv", "sources/one.h5",
        "sets/data_batch_1.bin", "sets/train.bin", "sets/t10k-images-idx3-ubyte.gz",
    ])
    func asInMemory(_ name: String) throws {
        do {
            try same(Fixtures.path(name))
        } catch let error as DataError {
            // What is refused is refused alike.
            #expect(throws: error) { try DataSource.load(Fixtures.path(name)) }
        }
    }

    /// Every `.npy` that NumPy wrote, in either byte and memory order, stored and deflated.
    @Test(arguments: [false, true]) func everyArray(_ isCompressed: Bool) throws {
        let names = try directoryContents(Fixtures.path("npy")).filter { $0.hasSuffix(".npy") }
        #expect(names.count > 20)
        try withTemporaryDirectory { directory in
            for name in names {
                let bytes = try Fixtures.bytes("npy/" + name)
                guard let rows = try NPY.read(Fixtures.path("npy/" + name)).shape.first else {
                    continue
                }
                let y = try NPY.encode(Tensor((0..<rows).map(Int32.init)))
                let path = directory + "/a.npz"
                var writer = try ZipWriter(replacing: path)
                try writer.add("x.npy", bytes, compressed: isCompressed)
                try writer.add("y.npy", y, compressed: isCompressed)
                try writer.finish()
                try same(path)
            }
        }
    }

    @Test func bothKindsOfTables() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/t.csv"
            let rows = (0..<5000).map { "\($0),\(Double($0) / 7),\($0 % 3)" }
            try AtomicFile.write("a,b,label\n" + rows.joined(separator: "\n"), to: path)
            try same(path)
            for broken in ["a,b\n1\n", "1,2\n3\n", "", "a,b\n", "1,x\n2,3\n4,y\n"] {
                try AtomicFile.write(broken, to: path)
                let error = try #require(throws: DataError.self) { try DataSource.load(path) }
                #expect(throws: error) { try DataSource.load(path, placement: .disk) }
            }
        }
    }

    @Test func unpacksAtMostWhatMemoryWouldTake() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/t10k-images-idx3-ubyte.gz"
            let bytes = try Fixtures.bytes("sets/t10k-images-idx3-ubyte.gz")
            for count in stride(from: 0, to: bytes.count, by: 23) {
                try AtomicFile.write(Array(bytes[..<count]), to: path)
                #expect(throws: DataError.self) { try DataSource.load(path, placement: .disk) }
            }
        }
    }

    @Test func noFileIsLeftBehind() throws {
        try withTemporaryDirectory { directory in
            try NPZ.write(
                ["x": Tensor(zeros: [100, 10]), "y": Tensor(zeros: [100], dtype: .int32)],
                to: directory + "/d.npz")
            let data = try DataSource.load(directory + "/d.npz", placement: .disk)
            #expect(data.count == 100)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["d.npz"])
        }
    }
}

/// Folders of pictures brought to one size, as Keras does; see `tools/make-data-fixtures`.
@Suite struct ResizedFolderTests {
    private static let folder = Fixtures.path("sets/sizes")

    @Test(arguments: [[8, 6, 3], [5, 9, 1]], [DataPlacement.memory, .disk])
    func asKeras(_ shape: [Int], _ placement: DataPlacement) throws {
        let channels = shape[2] == 1 ? "gray" : "rgb"
        let wanted = try NPZ.read(Self.folder + ".npz")
        let data = try DataSource.load(
            Self.folder, roles: Self.roles(shape), placement: placement)
        let expected = try #require(wanted["\(channels)_x"])
        #expect(data.x.shape == expected.shape)
        #expect(data.x.dtype == .float32)
        // A grey picture of Keras is rounded before it is resized, and another weighting is behind it.
        let tolerance: Float = shape[2] == 1 ? 1.01 : 1e-3
        let pairs = try zip(data.x.floats(), expected.floats())
        #expect(pairs.allSatisfy { abs($0 - $1) <= tolerance })
        #expect(try data.y?.doubles() == wanted["\(channels)_y"]?.doubles())
    }

    private static func roles(_ shape: [Int]) -> DataRoles {
        var roles = DataRoles()
        roles.imageShape = shape
        return roles
    }

    @Test func alikePicturesStayAsTheyAre() throws {
        let path = Fixtures.path("sets/classes")
        let data = try DataSource.load(path)
        let shape = Array(data.x.shape.dimensions.dropFirst())
        #expect(try DataSource.load(path, roles: Self.roles(shape)).x.isIdentical(to: data.x))
        #expect(throws: DataError.self) { try DataSource.load(Self.folder) }
    }
}
