import SwiftletFiles
import SwiftletLayers
import TestSupport
import Testing

/// `docs/layers.md` says of every layer of Keras whether it works; the registry must agree.
@Suite struct DocumentationTests {
    /// The rows' names and what is said of them.
    private static func rows() throws -> [String: String] {
        var rows: [String: String] = [:]
        for line in try String(decoding: readFile(fixture("../docs/layers.md")), as: UTF8.self)
            .split(separator: "\n") where line.hasPrefix("| `")
        {
            let cells = line.split(separator: "|").map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard cells.count >= 2 else { continue }
            let name = String(cells[0].filter { $0 != "`" })
            #expect(rows.updateValue(cells[1], forKey: name) == nil, "\(name) stands twice")
        }
        return rows
    }

    @Test func everyLayerStandsInTheTable() throws {
        let rows = try Self.rows()
        // Models are no layers of the table.
        let models: Set = ["Functional", "Model", "Sequential", "GroupedQueryAttention"]
        for name in LayerRegistry.standard.classNames where !models.contains(name) {
            #expect(rows[name]?.hasPrefix("works") == true, "\(name) works, but not in the table")
        }
    }

    @Test func everyRowIsTrue() throws {
        // What only Keras 2 calls so, and is read as another class.
        let renamed: Set = ["ThresholdedReLU", "SyncBatchNormalization"]
        for (name, state) in try Self.rows() {
            let isKnown =
                LayerRegistry.standard[name] != nil || renamed.contains(name)
            #expect(state.hasPrefix("works") || state.hasPrefix("refused: "), "\(name)")
            #expect(isKnown == state.hasPrefix("works"), "\(name) is \(state) in the table")
        }
    }
}
