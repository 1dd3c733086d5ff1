internal import SwiftletFiles

/// Writes a table with one row per epoch; the file is whole after every epoch. Keras's `CSVLogger`.
public struct CSVLog: Callback {
    private let path: String
    private let separator: String
    private let appends: Bool
    private var rows: [String] = []
    private var names: [String] = []

    /// - Parameters:
    ///   - separator: stands between the columns.
    ///   - appends: whether rows are added to a table that is there, in its columns.
    public init(path: String, separator: Character = ",", appends: Bool = false) {
        self.path = path
        self.separator = String(separator)
        self.appends = appends
    }

    public mutating func trainingBegins(_ run: TrainingRun) throws {
        guard appends, PathKind(path) != .missing else { return }
        rows = String(decoding: try readFile(path), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        names =
            rows.first.map {
                $0.split(separator: separator).dropFirst().map { unquoted(String($0)) }
            } ?? []
    }

    private func unquoted(_ text: String) -> String {
        text.hasPrefix("\"") ? String(text.dropFirst().dropLast()) : text
    }

    public mutating func epochEnds(_ run: TrainingRun) throws {
        if rows.isEmpty {
            names = run.logs.map(\.name)
            rows.append((["epoch"] + names).map(quoted).joined(separator: separator))
        }
        let values = names.map { name in run.log(name).map { "\($0)" } ?? "" }
        rows.append((["\(run.epoch)"] + values).joined(separator: separator))
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

    private func quoted(_ text: String) -> String {
        text.contains { "\(separator)\"\n".contains($0) }
            ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
}
