import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

@Suite struct IDXTests {
    @Test(arguments: ["uint8", "int8", "int16", "int32", "float32", "float64"])
    func reads(_ name: String) throws {
        let tensor = try IDX.read(Fixtures.path("sets/\(name).idx"))
        #expect(tensor.dtype.rawValue == name)
        #expect(tensor.shape == [3, 2, 2])
        let first = name == "uint8" ? 0.0 : -6.0
        #expect(try tensor.doubles() == (0..<12).map { first + Double($0) })
    }

    @Test func packedByGzip() throws {
        let tensor = try IDX.read(Fixtures.path("sets/t10k-images-idx3-ubyte.gz"))
        #expect(try tensor.doubles() == (0..<12).map { Double($0) })
    }

    @Test func labelsStandBeside() {
        #expect(
            IDX.labelsPath(forImages: "m/train-images-idx3-ubyte.gz")
                == "m/train-labels-idx1-ubyte.gz")
        #expect(IDX.labelsPath(forImages: "t10k-images.idx3-ubyte") == "./t10k-labels.idx1-ubyte")
        #expect(IDX.labelsPath(forImages: "m/pictures") == nil)
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let bytes: [UInt8]
        let error: String
        var testDescription: String { error }
    }

    @Test(
        arguments: [
            Row(bytes: [], error: "not an IDX file"),
            Row(bytes: [0, 0, 7, 1], error: "not an IDX file"),
            Row(bytes: [0, 0, 8, 0], error: "not an IDX file"),
            Row(bytes: [0, 0, 8, 2, 0, 0, 0, 1], error: "truncated: 12 bytes needed, 8 found"),
            Row(
                bytes: [0, 0, 8, 1, 0, 0, 0, 3, 1, 2], error: "truncated: 3 bytes needed, 2 found"),
            Row(
                bytes: [0, 0, 8, 1, 0, 0, 0, 1, 1, 2],
                error: "1 bytes after the array of shape [1]"),
            Row(
                bytes: [0, 0, 14, 2] + [UInt8](repeating: 0xff, count: 8),
                error: "shape [4294967295, 4294967295] is too large"),
        ])
    func refuses(_ row: Row) {
        let error = #expect(throws: DataError.Cause.self) {
            try row.bytes.withUnsafeBytes { try IDX.decode($0) }
        }
        #expect(error?.description == row.error)
    }

    @Test("damaged gzip", arguments: [3, 12, 20, 30]) func damagedGzip(cut: Int) throws {
        let bytes = try Fixtures.bytes("sets/t10k-images-idx3-ubyte.gz")
        try withTemporaryDirectory { directory in
            let path = directory + "/a.gz"
            try AtomicFile.write(Array(bytes.dropLast(cut)), to: path)
            #expect(throws: DataError.self) { try IDX.read(path) }
            var flipped = bytes
            flipped[bytes.count - cut] ^= 0x55
            try AtomicFile.write(flipped, to: path)
            #expect(throws: DataError.self) { try IDX.read(path) }
            try AtomicFile.write(bytes + bytes, to: path)
            let error = #expect(throws: DataError.self) { try IDX.read(path) }
            #expect(error?.description == "\(path): 28 bytes after the array of shape [3, 2, 2]")
        }
    }
}

@Suite struct CIFARTests {
    @Test(arguments: [("data_batch_1.bin", [3, 9]), ("train.bin", [0, 99])])
    func reads(name: String, labels: [Int32]) throws {
        let data = try CIFAR.read(Fixtures.path("sets/\(name)"))
        #expect(data.x.shape == [2, 32, 32, 3])
        #expect(try data.y?.elements(of: Int32.self) == labels)
        let pixels = try data.x.elements(of: UInt8.self)
        for (index, pixel) in pixels.enumerated() {
            let (n, y, x, c) = (index / 3072, index / 96 % 32, index / 3 % 32, index % 3)
            #expect(Int(pixel) == (50 * n + 70 * c + 3 * y + x) % 256)
        }
    }

    @Test func namesDecideWhereSizesDoNot() {
        #expect(CIFAR.kind(byteCount: 3073 * 3074, name: "data_batch_1.bin") == .ten)
        #expect(CIFAR.kind(byteCount: 3073 * 3074, name: "train.bin") == .hundred)
        #expect(CIFAR.kind(byteCount: 3073, name: "train.bin") == .ten)
        #expect(CIFAR.kind(byteCount: 3000, name: "train.bin") == nil)
        #expect(CIFAR.kind(byteCount: 0, name: "train.bin") == nil)
    }

    @Test func refusesOtherFiles() throws {
        let idx = Fixtures.path("sets/uint8.idx")
        let error = #expect(throws: DataError.self) { try CIFAR.read(idx) }
        #expect(error?.description == "\(idx): not a binary CIFAR-10 or CIFAR-100 file")
        var bytes = try Fixtures.bytes("sets/data_batch_1.bin")
        bytes[3073] = 10
        let label = #expect(throws: DataError.Cause.self) {
            try bytes.withUnsafeBytes { try CIFAR.decode($0, kind: .ten) }
        }
        #expect(label?.description == "picture 1 has label 10 of 10")
    }
}

@Suite struct ImageFolderTests {
    @Test func classesComeFromSubfolders() throws {
        let classes = try ImageFolder.readClasses(Fixtures.path("sets/classes"))
        #expect(classes.names == ["cats", "dogs"])
        #expect(classes.paths.map { fileName(of: $0) } == ["x.bmp", "a.png", "b.PNG"])
        #expect(try classes.dataset.y?.elements(of: Int32.self) == [0, 1, 1])
        #expect(classes.dataset.x.shape == [3, 2, 3, 3])
        let pixels = try classes.dataset.x.elements(of: UInt8.self)
        #expect(stride(from: 0, to: 54, by: 18).map { pixels[$0] } == [20, 10, 0])
    }

    @Test func errorsNameThePicture() throws {
        let mixed = Fixtures.path("sets/mixed")
        let error = #expect(throws: DataError.self) { try ImageFolder.read(mixed) }
        #expect(error?.description == "\(mixed)/b.png: 3 × 2 gray, but a.png is 3 × 2 RGB")
        let sets = Fixtures.path("npy")
        let none = #expect(throws: DataError.self) { try ImageFolder.read(sets) }
        #expect(none?.description == "\(sets): no pictures")
        for shape in [[], [8], [8, 8], [8, 8, 3, 1], [0, 8, 3], [8, -1, 3]] {
            let error = #expect(throws: DataError.self) {
                try ImageFolder.read(mixed, shape: shape)
            }
            #expect(error?.file == mixed)
        }
        let missing = #expect(throws: DataError.self) { try ImageFolder.read(sets + "/none") }
        #expect(missing?.description == "\(sets)/none: No such file or directory")
        #expect(throws: DataError.self) { try ImageFolder.readClasses(mixed) }
    }
}
