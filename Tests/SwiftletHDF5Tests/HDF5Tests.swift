import SwiftletFiles
import SwiftletHDF5
import SwiftletTensor
import TestSupport
import Testing

/// What `tools/make-hdf5-fixtures` recorded: the content of `everything.h5` as h5py reads it.
private enum Expected {
    static let document = try? JSON(parsing: readFile(fixture("hdf5/expected.json")))
    static let datasets = rows("datasets")
    static let attributes = rows("attributes")
    static let refused = document?["refused"]?.object?.members ?? []

    struct Row: Sendable, CustomTestStringConvertible {
        let path: String
        let value: JSON
        var testDescription: String { path }
    }

    private static func rows(_ key: String) -> [Row] {
        (document?[key]?.object?.members ?? []).map { Row(path: $0.key, value: $0.value) }
    }
}

func expect(
    _ tensor: Tensor, equals expected: JSON, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(
        tensor.shape.dimensions == expected["shape"]?.array?.compactMap(\.int),
        sourceLocation: sourceLocation)
    #expect(tensor.dtype.rawValue == expected["dtype"]?.string, sourceLocation: sourceLocation)
    let values = expected["values"]?.array ?? []
    if let strings = tensor.strings {
        #expect(strings == values.compactMap(\.string), sourceLocation: sourceLocation)
    } else {
        #expect(try tensor.doubles() == values.compactMap(\.double), sourceLocation: sourceLocation)
    }
}

/// `/group@name` → the group's path and the attribute's name.
private func parts(_ path: String) throws -> (object: String, attribute: String) {
    let at = try #require(path.lastIndex(of: "@"))
    return (String(path[..<at]), String(path[path.index(after: at)...]))
}

func attribute(_ path: String, in file: HDF5File) throws -> Tensor? {
    let (object, name) = try parts(path)
    return switch try file.root.child(object) {
    case .group(let group): try group.attribute(name)
    case .dataset(let dataset): try dataset.attribute(name)
    }
}

@Suite struct HDF5ReadingTests {
    private static let path = fixture("hdf5/everything.h5")

    @Test func tablesAreThere() {
        #expect(Expected.datasets.count == 36)
        #expect(Expected.attributes.count == 38)
        #expect(Expected.refused.count == 20)
    }

    @Test(arguments: Expected.datasets)
    fileprivate func datasets(_ row: Expected.Row) throws {
        let dataset = try HDF5File(Self.path).root.dataset(row.path)
        #expect(dataset.shape.dimensions == row.value["shape"]?.array?.compactMap(\.int))
        #expect(dataset.dtype.rawValue == row.value["dtype"]?.string)
        try expect(dataset.read(), equals: row.value)
    }

    @Test(arguments: Expected.attributes)
    fileprivate func attributes(_ row: Expected.Row) throws {
        let value = try #require(try attribute(row.path, in: HDF5File(Self.path)))
        try expect(value, equals: row.value)
    }

    @Test func fromMemory() throws {
        let file = try HDF5File(
            MappedFile(bytes: readFile(Self.path), name: "zip: model.weights.h5"))
        #expect(file.name == "zip: model.weights.h5")
        for row in Expected.datasets {
            try expect(file.root.dataset(row.path).read(), equals: row.value)
        }
        #expect(
            try file.root.allDatasets().map(\.path).sorted()
                == Expected.datasets.map(\.path).sorted())
    }

    @Test func names() throws {
        let root = try HDF5File(Self.path).root
        #expect(
            try root.childNames() == [
                "attributes", "big-endian", "block", "contiguous", "opaque", "packed", "shapes",
                "strings",
            ])
        #expect(try root.dataset("block/a/dense/kernel:0").name == "kernel:0")
        #expect(root.contains("block/a") && root.contains("/block/a/"))
        #expect(!root.contains("block/b") && !root.contains("block/a/dense/kernel:0/x"))
        #expect(try root.group("contiguous").attributeNames() == [])
        #expect(try root.group("contiguous").dataset("int8").attributeNames() == ["value"])
        #expect(try root.group("attributes").attribute("nothing") == nil)
    }

    @Test func longText() throws {
        let text = try HDF5File(Self.path).root.group("attributes").attribute("long text")
        #expect(text?.strings == [String(repeating: "x", count: 70_000)])
    }

    @Test(arguments: ["user-block", "latest"])
    func otherLayouts(_ name: String) throws {
        let root = try HDF5File(fixture("hdf5/\(name).h5")).root
        let dataset = try #require(try root.allDatasets().first)
        #expect(try dataset.read().elements(of: Int32.self) == [0, 1, 2])
        if name == "latest" { #expect(try root.group("a").attribute("k19")?.doubles() == [19]) }
    }

    @Test(arguments: Expected.refused.map { ($0.key, $0.value.string ?? "") })
    func refusals(_ name: String, _ word: String) throws {
        let path = fixture("hdf5/refused/\(name).h5")
        let file = try HDF5File(path)
        let error = #expect(throws: HDF5Error.self) { try read(file.root.child("x")) }
        #expect(error?.file == path)
        #expect(error?.object?.hasPrefix("/x") == true)
        #expect(error?.description.contains(word) == true, "\(error.map(String.init) ?? "")")
    }

    private func read(_ child: HDF5Group.Child) throws {
        switch child {
        case .dataset(let dataset): _ = try dataset.read()
        case .group(let group): for dataset in try group.allDatasets() { _ = try dataset.read() }
        }
    }

    @Test func foreignFiles() throws {
        #expect(throws: HDF5Error("/nowhere.h5", .file(FileError.notFound("").cause))) {
            try HDF5File("/nowhere.h5")
        }
        let foreign = fixture("hdf5/expected.json")
        #expect(throws: HDF5Error(foreign, .notHDF5)) { try HDF5File(foreign) }
        let root = try HDF5File(Self.path).root
        #expect(throws: HDF5Error(Self.path, object: "/none/x", .missing)) {
            try root.dataset("none/x")
        }
        #expect(throws: HDF5Error(Self.path, object: "/block", .wrongKind(expected: "a dataset"))) {
            try root.dataset("block")
        }
        #expect(
            throws: HDF5Error(
                Self.path, object: "/strings/fixed", .wrongKind(expected: "a group"))
        ) { try root.group("strings/fixed") }
    }

    /// Cut anywhere, the file is refused as a whole or reads nothing wrong.
    @Test func truncations() throws {
        let whole = try readFile(fixture("hdf5/user-block.h5"))
        for count in stride(from: 0, to: whole.count, by: 13) {
            let bytes = MappedFile(bytes: Array(whole[..<count]), name: "cut")
            let error = #expect(throws: HDF5Error.self) { try HDF5File(bytes) }
            #expect(error?.file == "cut")
        }
    }
}

@Suite struct HDF5WritingTests {
    /// Everything that h5py wrote, read and written again.
    private func copy(compression: Int?) throws -> [UInt8] {
        let source = try HDF5File(fixture("hdf5/everything.h5"))
        return try HDF5Writer.image(named: "copy.h5") { writer in
            for row in Expected.datasets {
                try writer.dataset(
                    row.path, source.root.dataset(row.path).read(), compression: compression)
            }
            try writer.group("/attributes")
            for row in Expected.attributes {
                let value = try #require(try attribute(row.path, in: source))
                let (object, name) = try parts(row.path)
                try writer.attribute(
                    name, of: object, value, strings: row.path.contains("null") ? .fixed : .variable
                )
            }
        }
    }

    @Test(arguments: [nil, 6]) func roundTrip(compression: Int?) throws {
        let bytes = try copy(compression: compression)
        try keep(bytes, as: "everything-\(compression ?? 0).h5")
        let file = try HDF5File(MappedFile(bytes: bytes, name: "copy.h5"))
        for row in Expected.datasets {
            try expect(file.root.dataset(row.path).read(), equals: row.value)
        }
        for row in Expected.attributes {
            try expect(#require(try attribute(row.path, in: file)), equals: row.value)
        }
    }

    @Test func compressionSavesRoom() throws {
        let zeros = try Tensor(zeros: [1000, 300])
        let plain = try HDF5Writer.image(named: "a") { try $0.dataset("x", zeros) }
        let packed = try HDF5Writer.image(named: "a") { try $0.dataset("x", zeros, compression: 4) }
        #expect(plain.count > 1_200_000 && packed.count < 20_000)
    }

    @Test func longText() throws {
        let text = String(repeating: "é", count: 200_000)
        try withTemporaryDirectory { directory in
            let path = directory + "/a.h5"
            try HDF5Writer.write(to: path) { try $0.attribute("model_config", of: "/", text) }
            #expect(try HDF5File(path).root.attribute("model_config")?.strings == [text])
        }
    }

    @Test func refusals() throws {
        struct Failure: Error {}
        try withTemporaryDirectory { directory throws in
            let path = directory + "/a.h5"
            #expect(throws: Failure.self) {
                try HDF5Writer.write(to: path) { _ in throw Failure() }
            }
            let error = #expect(throws: HDF5Error.self) {
                try HDF5Writer.write(to: path) { writer in
                    try writer.dataset("a/b", Tensor(scalar: Float(1)))
                    try writer.dataset("a/b/c", Tensor(scalar: Float(1)))
                }
            }
            #expect(error?.object == "a/b/c")
            #expect(throws: HDF5Error.self) {
                try HDF5Writer.write(to: path) { try $0.attribute("x", of: "/", "a\0b") }
            }
            #expect(try directoryContents(directory).isEmpty)
        }
        #expect(throws: HDF5Error("/nowhere/a.h5", .file(FileError.notFound("").cause))) {
            try HDF5Writer.write(to: "/nowhere/a.h5") { try $0.group("g") }
        }
    }

    /// HDF5 can note the second in which a dataset was made; files are to depend on content alone.
    @Test func sameContentIsSameBytes() async throws {
        func image() throws -> [UInt8] {
            try HDF5Writer.image(named: "m.h5") {
                try $0.dataset("a/b", Tensor([1, 2] as [Float]))
            }
        }
        let first = try image()
        try await Task.sleep(for: .milliseconds(1100))
        #expect(try image() == first)
    }

    @Test func threadsTakeTurns() async throws {
        let path = fixture("hdf5/everything.h5")
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let datasets = try HDF5File(path).root.allDatasets()
                    for dataset in datasets { _ = try dataset.read() }
                    return datasets.count
                }
            }
            for try await count in group { #expect(count == Expected.datasets.count) }
        }
    }
}
