import Foundation
import SwiftletFiles
import TestSupport
import Testing

/// Files that attack whoever opens them: see `tools/make-hostile-fixtures`.
@Suite struct HostileFileTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file: String
        let attack: String
        let mentions: [String]
        /// The architecture that goes with weights alone.
        let architecture: String?
        var testDescription: String { "\(file): \(attack)" }

        static let all: [Row] = {
            let index = try? JSON(parsing: readFile(fixture("hostile/index.json")))
            return (index?.array ?? []).compactMap { row in
                guard let file = row["file"]?.string, let attack = row["attack"]?.string else {
                    return nil
                }
                return Row(
                    file: file, attack: attack,
                    mentions: row["mentions"]?.array?.compactMap(\.string) ?? [],
                    architecture: row["weights"]?.string)
            }
        }()
    }

    /// What the payloads of the published attacks write.
    private static let mark = "hostile-file-was-here"
    /// Address space in KiB and seconds on the processor: a bomb that goes off ends the process.
    private static let confinement = "ulimit -v 4194304; ulimit -t 20"

    @Test(arguments: Row.all)
    func isRefusedInOneLine(_ row: Row) throws {
        let path = fixture("hostile/\(row.file)")
        try withTemporaryDirectory { directory in
            let input = fixture("hostile/input.npy")
            let run = try CommandRun(
                row.file.hasSuffix(".json")
                    ? ["bench", path, "--batch-size", "1", "--repeats", "1", "--threads", "2"]
                    : ["predict"]
                        + (row.architecture.map { [fixture("hostile/\($0)"), "--weights", path] }
                            ?? [path])
                        + ["--input", input, "--output", directory + "/output.npy"],
                in: directory, shell: Self.confinement)
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("error: \(path): "))
            #expect(run.errors.count { $0 == "\n" } == 1 && run.errors.count < 500)
            for word in row.mentions { #expect(run.errors.contains(word)) }
            #expect(try directoryContents(directory).isEmpty, "the file left something behind")
        }
    }

    @Test func tableIsThere() { #expect(Row.all.count > 40) }

    /// Yams's dictionaries trap at such keys.
    @Test(arguments: ["{a: {b: 1}: 2}", "? [1, 2]\n: 3", "layers: [{{x: 1}: 2}]"])
    func yamlKeysThatAreNoTexts(_ text: String) throws {
        try withTemporaryDirectory { directory in
            try AtomicFile.write(text, to: directory + "/m.yaml")
            let run = try CommandRun(
                ["train", "m.yaml", "--data", "d.npz", "--output", "o.keras"], in: directory)
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("error: m.yaml: YAML: "), "\(run.errors)")
        }
    }

    @Test(arguments: ["nan", "infinity"])
    func weightsThatAreNoNumbersAreWarnedOf(_ name: String) throws {
        try withTemporaryDirectory { directory in
            let model = fixture("hostile/numbers/\(name).keras")
            let run = try CommandRun(
                [
                    "predict", model, "--input", fixture("hostile/input.npy"), "--output",
                    directory + "/output.npy",
                ], in: directory)
            #expect(run.status == 0)
            #expect(run.errors.contains("warning: ") && run.errors.contains("dense/kernel"))
            let inspection = try CommandRun(["inspect", model], in: directory)
            #expect(inspection.output.contains("NaN or infinite values in 1 array"))
        }
    }

    @Test(arguments: [
        ("model-bytes", "1KiB"), ("tensor-bytes", "100"), ("layers", "2"), ("operations", "3"),
        ("archive-entries", "1"), ("text-bytes", "1K"), ("time", "0"), ("nesting", "0"),
    ])
    func limitsOfTheCommandLineHold(_ name: String, _ value: String) throws {
        try withTemporaryDirectory { directory in
            let path = fixture("keras/cnn-keras3.keras")
            let run = try CommandRun(
                ["bench", path, "--repeats", "1", "--limit", "\(name)=\(value)"], in: directory)
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("error: \(path): "))
            #expect(run.errors.contains(name == "nesting" ? "nested" : "(\(name))"))
            #expect(run.errors.count { $0 == "\n" } == 1)
        }
    }

    @Test(arguments: ["model-bytes", "model-bytes=", "nothing=1", "layers=-1", "layers=9999999T"])
    func wrongLimitsAreWrongUsage(_ setting: String) throws {
        try withTemporaryDirectory { directory in
            let run = try CommandRun(
                ["inspect", fixture("keras/cnn-keras3.keras"), "--limit", setting], in: directory)
            #expect(run.status == 64)
            #expect(run.errors.contains("--limit"))
        }
    }
}
