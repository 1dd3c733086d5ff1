internal import SwiftletFiles

/// Writes a table with one row per epoch; the file is whole after every epoch.
public struct CSVLog: Callback {
    private let path: String
    private var rows: [String] = []
    private var names: [String] = []

    public init(path: String) { self.path = path }

    public mutating func epochEnds(_ run: TrainingRun) throws {
        if rows.isEmpty {
            names = run.logs.map(\.name)
            rows.append((["epoch"] + names).map(Self.quoted).joined(separator: ","))
        }
        let values = names.map { name in run.log(name).map { "\($0)" } ?? "" }
        rows.append((["\(run.epoch)"] + values).joined(separator: ","))
        try AtomicFile.write(rows.joined(separator: "\n") + "\n", to: path)
    }

    public var savedState: SavedState {
        SavedState(["rows": .array(rows.map(JSON.string)), "names": .array(names.map(JSON.string))])
    }

    public mutating func resume(from state: SavedState) {
        rows = state["rows"]?.array?.compactMap(\.string) ?? []
        names = state["names"]?.array?.compactMap(\.string) ?? []
    }

    public var job: String? { nil }

    private static func quoted(_ text: String) -> String {
        text.contains { ",\"\n".contains($0) }
            ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
}
