import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

@Suite struct NPZTests {
    @Test("as NumPy wrote it", arguments: ["stored", "deflated"]) func reads(_ name: String) throws
    {
        let arrays = try NPZ.read(Fixtures.path("npz/\(name).npz"))
        #expect(arrays.names == ["zeta", "alpha", "layer/kernel:0", "scalar"])
        #expect(try arrays["zeta"]?.elements(of: Float.self) == [0, 1, 2, 3, 4, 5])
        #expect(arrays["zeta"]?.shape == [2, 3])
        #expect(arrays["alpha"]?.strings == ["cat", "dog"])
        #expect(try arrays["layer/kernel:0"]?.elements(of: Double.self) == [1, 1, 1, 1])
        #expect(try arrays["scalar"]?.elements(of: Int64.self) == [3])
        #expect(arrays["scalar"]?.rank == 0)
    }

    @Test("what is written is read again", arguments: [false, true])
    func roundTrip(compressed: Bool) throws {
        let arrays = try NPZ.read(Fixtures.path("npz/stored.npz"))
        try withTemporaryDirectory { directory in
            let path = directory + "/a.npz"
            try NPZ.write(arrays, to: path, compressed: compressed)
            let again = try NPZ.read(path)
            #expect(again.names == arrays.names)
            #expect(zip(again.tensors, arrays.tensors).allSatisfy { $0.isIdentical(to: $1) })
        }
    }

    @Test func errorsNameFileAndArray() throws {
        let object = Fixtures.path("npz-refused/object.npz")
        let unreadable = #expect(throws: DataError.self) { try NPZ.read(object) }
        #expect(
            unreadable?.description
                == "\(object): y: object array (pickled Python objects) not supported")
        #expect(try NPZ(object).read("x").shape == [2])
        let missing = #expect(throws: DataError.self) { try NPZ(object).read("z") }
        #expect(missing?.description == "\(object): no array 'z' (it has 'x', 'y')")

        let text = Fixtures.path("npz-refused/no-arrays.npz")
        let empty = #expect(throws: DataError.self) { try NPZ(text) }
        #expect(empty?.description == "\(text): not a NumPy .npz file")
        let csv = Fixtures.path("csv/unix.csv")
        let foreign = #expect(throws: DataError.self) { try NPZ(csv) }
        #expect(foreign?.description == "\(csv): not a zip archive, or cut off")
    }

    @Test func nothingIsLeftOfAFailedWrite() throws {
        let tooDeep = try Tensor(zeros: Shape([Int](repeating: 1, count: 65)))
        try withTemporaryDirectory { directory in
            let path = directory + "/a.npz"
            let error = #expect(throws: DataError.self) {
                try NPZ.write(["fine": Tensor(zeros: [1]), "deep": tooDeep], to: path)
            }
            #expect(error?.description == "\(path): deep: rank 65 in .npy files not supported")
            let left = try directoryContents(directory)
            #expect(left.isEmpty)
        }
    }
}
