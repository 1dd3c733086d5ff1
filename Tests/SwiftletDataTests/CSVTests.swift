import SwiftletData
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

@Suite struct CSVTests {
    static let names = ((try? Fixtures.json("csv/expected.json"))?.object?.keys ?? []).sorted()

    @Test func fixturesAreThere() { #expect(Self.names.count == 8) }

    @Test("as Python wrote it", arguments: names) func reads(_ name: String) throws {
        let expected = try #require(try Fixtures.json("csv/expected.json")[name])
        let table = try CSV.read(Fixtures.path("csv/\(name)"))
        #expect(table.columnNames == expected["columns"]?.array?.compactMap(\.string))
        #expect(table.values.shape.dimensions == expected["shape"]?.array?.compactMap(\.int))
        #expect(same(try table.values.doubles(), numbers(expected["values"])))
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let text: String
        let error: String
        var testDescription: String { "\(text.debugDescription)" }

        init(_ text: String, _ error: String) { (self.text, self.error) = (text, error) }
    }

    @Test(
        "names line, column and cause",
        arguments: [
            Row("", "no numbers"),
            Row("\n\n", "no numbers"),
            Row("a,b\n", "no numbers below the header"),
            Row("a,b\n1,2\n3,\n", "line 3, column 2 ('b'): no value"),
            Row("1,2\n,4", "line 2, column 1: no value"),
            Row("1,NaN", "line 1, column 2: no value"),
            Row("a,b\r\n1,2\r\n\r\n3,x\r\n", "line 4, column 2 ('b'): 'x' is no number"),
            Row("a;b\n1;2,5\n", "line 2, column 2 ('b'): '2,5' is no number"),
            Row("1,2\n1,2,3\n", "line 2: 2 values expected, 3 found"),
            Row("1,2\n1\n", "line 2: 2 values expected, 1 found"),
            Row("1\n\n2\n", "line 2: no value"),
            Row("a,a\n1,2\n", "two columns are named 'a'"),
            Row("a,b\n1,\"2\n3,4\n", "line 2: a quote without its end"),
            Row("a,b\n1,\"2\"x\n", "line 2: text after a closing quote"),
            Row("a\n0x10\n", "line 2, column 1 ('a'): '0x10' is no number"),
            Row("a\n1 2\n", "line 2, column 1 ('a'): '1 2' is no number"),
            Row("a\n1e\u{7}\n", "line 2, column 1 ('a'): '1e\\u{07}' is no number"),
        ])
    func refuses(_ row: Row) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/t.csv"
            try AtomicFile.write(row.text, to: path)
            let error = #expect(throws: DataError.self) { try CSV.read(path) }
            #expect(error?.description == "\(path): \(row.error)")
        }
    }

    @Test func foreignText() throws {
        let bytes: [UInt8] = [0xff, 0xfe, 0x31, 0]
        let error = #expect(throws: CSVError.self) {
            try bytes.withUnsafeBytes { try CSV.decode($0) }
        }
        #expect(error?.cause == .unsupported("UTF-16 text"))
    }

    @Test(
        "every spelling of a number",
        arguments: [
            ("1", 1), ("+1", 1), (" -1 ", -1), ("1.", 1), (".5", 0.5), ("0.1", 0.1),
            ("1E3", 1000), ("1.5e-3", 0.0015),
            ("17976931348623157e292", 1.797_693_134_862_315_7e308),
            ("9007199254740993", 9_007_199_254_740_992), ("0.30000000000000004", 0.1 + 0.2),
            ("-Infinity", -.infinity), ("", nil), ("-", nil), (".", nil), ("1.2.3", nil),
            ("e5", nil),
            ("--1", nil), ("1_000", nil), ("nan", nil),
        ] as [(String, Double?)])
    func spelling(text: String, value: Double?) {
        let number = Array(text.utf8).withUnsafeBytes { decimalNumber($0) }
        #expect(number == value)
    }

    @Test func columnsAreFoundByNameOrNumber() throws {
        let values = try Tensor([1, 2, 3, 4, 5, 6] as [Double], shape: [2, 3])
        let named = try NumberTable(columnNames: ["a", "b", "c"], values: values)
        let picked = try named.columns(at: [named.position(ofColumn: "c"), 0])
        #expect(try picked.elements(of: Double.self) == [3, 1, 6, 4])
        #expect(throws: DataError.Cause.missing("column 'd' (it has 'a', 'b', 'c')")) {
            try named.position(ofColumn: "d")
        }
        #expect(try NumberTable(values: values).position(ofColumn: "2") == 2)
        #expect(throws: DataError.Cause.self) { try named.columns(at: [3]) }
    }

    @Test(
        "written numbers are read back exactly",
        arguments: DType.allCases.filter { $0 != .string && $0 != .bool })
    func roundTrip(_ dtype: DType) throws {
        let values = try Tensor([0, 1, 100, 3, 127, 5] as [Double], shape: [3, 2])
        let scaled =
            dtype.isFloatingPoint
            ? try Tensor([0.1, -1e-5, .infinity, 1e4, 127, 5] as [Double], shape: [3, 2]) : values
        let tensor = try scaled.converted(to: dtype)
        try withTemporaryDirectory { directory in
            let path = directory + "/t.csv"
            try CSV.write(tensor, columnNames: ["a \"b\", c", "d"], to: path)
            let table = try CSV.read(path)
            #expect(table.columnNames == ["a \"b\", c", "d"])
            #expect(try table.values.converted(to: dtype).isIdentical(to: tensor))
        }
    }

    @Test("any text is a table or an error, never a crash", arguments: 0..<50)
    func noise(_ seed: UInt64) throws {
        let random = CounterRandom(seed: seed)
        let alphabet = Array("0123456789.,;\t\"\n\r e-+ab\u{fe}".utf8)
        let bytes = (0..<200).map { alphabet[Int(random.bits(at: $0)) % alphabet.count] }
        if let table = try? bytes.withUnsafeBytes({ try CSV.decode($0) }) {
            #expect(table.rowCount > 0)
        }
    }
}
