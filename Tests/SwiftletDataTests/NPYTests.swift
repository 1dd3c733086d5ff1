import SwiftletData
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// The bytes that every `.npy` file begins with.
private let npyMagic: [UInt8] = [0x93] + Array("NUMPY".utf8)

@Suite struct NPYTests {
    static let names = ((try? Fixtures.json("npy/expected.json"))?.object?.keys ?? []).sorted()

    @Test func fixturesAreThere() { #expect(Self.names.count == 34) }

    @Test("as NumPy wrote it", arguments: names) func reads(_ name: String) throws {
        let expected = try #require(try Fixtures.json("npy/expected.json")[name])
        let tensor = try decode(Fixtures.bytes("npy/\(name).npy"))
        #expect(tensor.dtype.rawValue == expected["dtype"]?.string)
        #expect(tensor.shape.dimensions == expected["shape"]?.array?.compactMap(\.int))
        switch tensor.dtype {
        case .string:
            #expect(tensor.strings == expected["values"]?.array?.compactMap(\.string))
        case .int64:
            #expect(
                try tensor.elements(of: Int64.self).map { Int($0) }
                    == expected["values"]?.array?.compactMap(\.int))
        default: #expect(same(try tensor.doubles(), numbers(expected["values"])))
        }
    }

    @Test("what is written is read again", arguments: names)
    func roundTrip(_ name: String) throws {
        let tensor = try decode(Fixtures.bytes("npy/\(name).npy"))
        let again = try decode(NPY.encode(tensor))
        #expect(again.isIdentical(to: tensor))
    }

    @Test(
        "writes NumPy's own bytes",
        arguments: [
            "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
            "uint32", "uint64", "bool", "unicode", "bfloat16", "scalar", "empty",
        ])
    func writes(_ name: String) throws {
        let bytes = try Fixtures.bytes("npy/\(name).npy")
        #expect(try NPY.encode(decode(bytes)) == bytes)
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        let error: String
        var testDescription: String { name }

        init(_ name: String, _ bytes: [UInt8], _ error: String) {
            (self.name, self.bytes, self.error) = (name, bytes, error)
        }

        /// A version 1 file with this text as header, without data.
        init(_ name: String, header: String, _ error: String) {
            let text = Array(header.utf8)
            let length = [UInt8(text.count & 0xff), UInt8(text.count >> 8)]
            self.init(name, npyMagic + [1, 0] + length + text, error)
        }
    }

    static let malformed = "the header is no Python dictionary"
    static let hostile: [Refusal] = [
        .init("nothing", [], "not a NumPy .npy file"),
        .init("foreign", Array("PK\u{3}\u{4}....".utf8), "not a NumPy .npy file"),
        .init("magic only", npyMagic, "truncated: 10 bytes needed, 6 found"),
        .init("version 9", npyMagic + [9, 0, 0, 0], ".npy version 9 not supported"),
        .init(
            "header beyond the end", npyMagic + [2, 0, 0xff, 0xff, 0xff, 0xff],
            "truncated: 4294967307 bytes needed, 12 found"),
        .init("empty header", header: "", malformed),
        .init("no dictionary", header: "__import__('os')", malformed),
        .init("open dictionary", header: "{'descr': '<f4', ", malformed),
        .init("text after it", header: "{'descr': '<f4'} + 1", malformed),
        .init("deep", header: "{'shape': " + String(repeating: "(", count: 3000), malformed),
        .init(
            "no descr", header: "{'shape': (), 'fortran_order': False}", "the header has no 'descr'"
        ),
        .init(
            "no order", header: "{'descr': '<f4', 'shape': ()}", "the header has no 'fortran_order'"
        ),
        .init(
            "no shape", header: "{'descr': '<f4', 'fortran_order': True}",
            "the header has no 'shape'"),
        shape("(3, 4)", "truncated: 48 bytes needed, 0 found"),
        shape("(-1,)", "negative dimension in [-1]"),
        shape(
            "(1099511627776, 1099511627776)", "shape [1099511627776, 1099511627776] is too large"),
        shape(
            "(99999999999999999999,)", "number '99999999999999999999' in the header is too large"),
        shape("('3',)", "a dimension in the header is no whole number"),
        shape("(" + String(repeating: "1,", count: 65) + ")", "rank 65 not supported"),
        dtype("<f16", "dtype '<f16' not supported"),
        dtype("", "dtype '' is not understood"),
        dtype("<U999999999999", "dtype '<U999999999999' is not understood"),
        dtype("<U0", "elements of 0 bytes not supported"),
        dtype("<U1073741824", "truncated: 4294967296 bytes needed, 0 found"),
        dtype("x\u{1b}[31m", "dtype 'x\\u{1B}[31m' is not understood"),
    ]

    static func shape(_ shape: String, _ error: String) -> Refusal {
        .init(
            "shape \(shape.prefix(40))",
            header: "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape)}", error)
    }

    static func dtype(_ dtype: String, _ error: String) -> Refusal {
        .init(
            "dtype \(dtype)",
            header: "{'descr': '\(dtype)', 'fortran_order': False, 'shape': (1,)}", error)
    }

    @Test(arguments: hostile) func refuses(_ row: Refusal) {
        let error = #expect(throws: DataError.Cause.self) { try decode(row.bytes) }
        #expect(error?.description == row.error)
    }

    @Test(
        arguments: [
            ("object", "object array (pickled Python objects) not supported"),
            ("complex", "dtype '<c16' not supported"),
            ("structured", "structured array not supported"),
            ("datetime", "dtype '<M8[D]' is not understood"),
        ])
    func refusesTypes(name: String, message: String) throws {
        let bytes = try Fixtures.bytes("npy-refused/\(name).npy")
        let error = #expect(throws: DataError.Cause.self) { try decode(bytes) }
        #expect(error?.description == message)
    }

    @Test("every shortened file is refused", arguments: ["float32", "unicode", "version-3"])
    func truncation(_ name: String) throws {
        let bytes = try Fixtures.bytes("npy/\(name).npy")
        for count in 0..<bytes.count {
            #expect(throws: DataError.Cause.self) { try decode(Array(bytes[..<count])) }
        }
    }

    @Test func filesAreNamedInErrors() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.npy"
            let tensor = try Tensor([1, 2] as [Float])
            try NPY.write(tensor, to: path)
            #expect(try NPY.read(path).isIdentical(to: tensor))
            try AtomicFile.write("text", to: path)
            let foreign = #expect(throws: DataError.self) { try NPY.read(path) }
            #expect(foreign?.description == "\(path): not a NumPy .npy file")
            let missing = #expect(throws: DataError.self) { try NPY.read(directory + "/b.npy") }
            #expect(missing?.description == "\(directory)/b.npy: No such file or directory")
            let nowhere = #expect(throws: DataError.self) {
                try NPY.write(tensor, to: directory + "/none/c.npy")
            }
            #expect(nowhere?.description == "\(directory)/none/c.npy: No such file or directory")
        }
    }

    @Test func otherBytesThanZeroAndOneAreTrue() throws {
        var bytes = try Fixtures.bytes("npy/bool.npy")
        bytes[bytes.count - 1] = 0xff
        #expect(try decode(bytes).withUnsafeBytes { Array($0) } == [1, 0, 1])
    }

    @Test func surrogatesAreRefused() throws {
        var bytes = try Fixtures.bytes("npy/unicode.npy")
        bytes.replaceSubrange((bytes.count - 4)..., with: [0, 0xd8, 0, 0])
        let error = #expect(throws: DataError.Cause.self) { try decode(bytes) }
        #expect(error?.description == "string 3 is no valid text")
    }
}

private func decode(_ bytes: [UInt8]) throws -> Tensor {
    try bytes.withUnsafeBytes { try NPY.decode($0) }
}
