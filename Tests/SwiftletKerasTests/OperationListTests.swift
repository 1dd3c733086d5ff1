import SwiftletFiles
import SwiftletLayers
import TestSupport
import Testing

/// `docs/ops.md` says of every function of `keras.ops` what becomes of it; it must not drift.
@Suite struct OperationListTests {
    private static let head = """
        # Operations in models

        What a network may hold between its layers: every function of `keras.ops` (Keras %), and
        what becomes of its node when a file is opened. Written by
        `Tests/SwiftletKerasTests/OperationListTests.swift`, which also checks it.

        A function without a class leaves no node in a file: Keras computes it when the model is
        built.

        | function | class | here |
        |---|---|---|

        """

    @Test func documentation() throws {
        let names = try JSON(parsing: readFile(fixture("operations/names.json")))
        let version = names["made_with"]?["keras"]?.string ?? ""
        var text = Self.head.replacing("%", with: version)
        for function in names["functions"]?.array ?? [] {
            let name = try #require(function["name"]?.string)
            let row: String
            if let className = function["class"]?.string {
                row = "`\(name)` | `\(className)` | \(Self.state(of: className))"
            } else {
                row = "`\(name)` | | leaves no node"
            }
            text += "| \(row) |\n"
        }
        let path = fixture("../docs/ops.md")
        let found = (try? String(decoding: readFile(path), as: UTF8.self)) ?? ""
        #expect(found == text, "docs/ops.md differs; it should be:\n\(text)")
    }

    private static func state(of className: String) -> String {
        if let reason = OperationTable.refusals[className] { return "refused: \(reason)" }
        return OperationTable.module(of: className) == nil ? "unknown" : "works"
    }

    /// Nothing is both supported and refused.
    @Test func disjoint() {
        for (name, _) in OperationTable.supported {
            #expect(OperationTable.refusals[name] == nil, "\(name)")
        }
    }
}
