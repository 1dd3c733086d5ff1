import SwiftletFiles
import TestSupport
import Testing

@Suite struct JSONTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name, text: String
        /// Python's rewriting of the parsed value; nil where Python refuses the text.
        let value: String?
        var testDescription: String { name }

        static let all: [Case] = {
            let file = try? JSON(parsing: readFile(fixture("files/json-cases.json")))
            return (file?["cases"]?.array ?? []).compactMap { row in
                guard let name = row["name"]?.string, let text = row["text"]?.string,
                    row["value"] != nil || row["refused"] == true
                else { return nil }
                return Case(name: name, text: text, value: row["value"]?.string)
            }
        }()
    }

    @Test func tableIsThere() {
        #expect(Case.all.count > 50)
        #expect(Case.all.count { $0.value == nil } > 20)
    }

    @Test(arguments: Case.all)
    func agreesWithPython(_ row: Case) throws {
        guard let expected = row.value else {
            #expect(throws: JSONError.self) { try JSON(parsing: row.text) }
            return
        }
        #expect(try JSON(parsing: row.text).text() == expected)
    }

    @Test(arguments: [
        #""\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\u0041""#, #""\ude00""#,
    ])
    func halfSurrogatesAreRefused(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test func depthIsLimited() throws {
        let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        #expect(try JSON(parsing: deep).array?.count == 1)
        let bombs = ["[", "{\"a\":", "[{\"a\":"].map { String(repeating: $0, count: 100_000) }
        for bomb in bombs {
            let error = #expect(throws: JSONError.self) { try JSON(parsing: bomb) }
            #expect(error?.cause == "nested too deeply")
        }
    }

    @Test func everyTruncationIsRefused() throws {
        let text = Array(
            #"{"a": [1, -2.5e3, true, null, NaN], "b": {"c": "x\u00e9\n\ud83d\ude00 é"}}"#.utf8)
        _ = try JSON(parsing: text)
        for count in 0..<text.count {
            #expect(throws: JSONError.self) { try JSON(parsing: text[..<count]) }
        }
    }

    @Test(
        arguments: [[0xff], [0xc3], [0xe4, 0xb8], [0xed, 0xa0, 0x80], [0xc0, 0x80]] as [[UInt8]])
    func onlyUTF8(_ bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) {
            try JSON(parsing: [0x22, 0x61] + bytes + [0x22])
        }
        #expect(error?.cause == "string is not UTF-8")
    }

    @Test func errorsTellThePlace() {
        let error = #expect(throws: JSONError.self) {
            try JSON(parsing: "{\n \"a\": 1,\n  \"b\": x\n}")
        }
        #expect(error?.description == "line 3, column 8: value expected")
    }

    @Test func numbersKeepTheirKind() throws {
        #expect(try JSON(parsing: "1") == .int(1))
        #expect(try JSON(parsing: "1.0") == .double(1))
        #expect(try JSON(parsing: "1.0").int == 1)
        #expect(try JSON(parsing: "9223372036854775808") == .double(9_223_372_036_854_775_808))
        #expect(try JSON(parsing: "1e300").int == nil)
        #expect(try JSON(parsing: "\u{feff}[]") == .array([]))
    }

    @Test func membersKeepTheirOrder() throws {
        var value: JSON = [:]
        for index in 0..<20 { value["k\(index)"] = .int(index) }
        value["k3"] = nil
        value["k0"] = "first"
        #expect(value.object?.keys == (0..<20).filter { $0 != 3 }.map { "k\($0)" })
        #expect(value["k0"] == "first")
        #expect(value["k3"] == nil)
        #expect(value["k19"] == 19)
        for index in 1..<15 { value["k\(index)"] = nil }
        #expect(value.object?.keys == ["k0", "k15", "k16", "k17", "k18", "k19"])
        #expect(value["k17"] == 17)
    }

    @Test func prettyTextReadsBack() throws {
        let value: JSON = [
            "a": [1, 2.5, nil, true, "x\"\\\n\u{1}"], "empty": [:], "list": [],
            "nested": ["b": [[]]],
        ]
        #expect(try JSON(parsing: value.text(pretty: true)) == value)
        #expect(try JSON(parsing: value.text()) == value)
        #expect(value.text(pretty: true).split(separator: "\n").count > 10)
    }
}
