import Mutation
import SwiftletFiles
import TestSupport
import Testing

/// Whatever a configuration says, it is opened and run, or refused in one line.
@Suite struct MutationTests {
    /// A model around a layer or an operation that Keras computed something for, and where in it the
    /// layer's own numbers are.
    private struct Subject {
        let name: String
        let model: JSON

        /// Without what the model says of its inputs, whose sizes are many and alike.
        var numbers: [[JSONStep]] {
            let layers: [JSONStep] = ["config", "layers"]
            let list = model.value(at: layers[...]).array ?? []
            return list.enumerated().filter { $1["class_name"] != "InputLayer" }.flatMap {
                place, layer in
                layer.paths.filter { path in
                    guard !path.contains("keras_history") else { return false }
                    switch layer.value(at: path[...]) {
                    case .int, .double: return true
                    default: return false
                    }
                }.map { layers + [.index(place)] + $0 }
            }
        }
    }

    static let files: [String] = ["layers", "operations"].flatMap { folder in
        let names = (try? directoryContents(fixture(folder))) ?? []
        return names.filter { $0.hasSuffix(".json") && $0 != "names.json" }.map {
            "\(folder)/\($0)"
        }
    }

    private static func subjects(in file: String) throws -> [Subject] {
        let json = try JSON(parsing: readFile(fixture(file)))
        return (json["cases"]?.array ?? []).compactMap { entry in
            (entry["model"] ?? LayerCases.model(of: entry)).map {
                Subject(name: entry["name"]?.string ?? "", model: $0)
            }
        }
    }

    private static func random(_ file: String) -> SeededRandom {
        SeededRandom(seed: file.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    }

    /// - Returns: whether the model ran; false if it was refused.
    @discardableResult
    private static func tries(_ model: JSON, at path: String) -> Bool {
        do {
            guard case .predicted = try ModelTrial.run(model, at: path) else { return false }
            return true
        } catch {
            let text = "\(error)"
            #expect(!text.isEmpty && !text.contains("\n"), "\(model.text())")
            return false
        }
    }

    @Test(arguments: files) func everyModelRunsOrIsRefusedWhateverItsConfigurationSays(
        file: String
    ) throws {
        let subjects = try Self.subjects(in: file)
        var random = Self.random(file)
        var sound = 0
        try withTemporaryDirectory { directory in
            let path = "\(directory)/model.json"
            for subject in subjects {
                if Self.tries(subject.model, at: path) { sound += 1 }
                Self.tries(subject.model.mutated(using: &random), at: path)
            }
        }
        // Else the mutations would begin with models that are refused anyway.
        #expect(
            !subjects.isEmpty && sound * 10 >= subjects.count * 8, "\(sound) of \(subjects.count)")
    }

    @Test(arguments: files) func numbersAtTheEndsOfTheirRangeAreNoTrap(file: String) throws {
        let ends: [JSON] = [
            0, -1, .int(1 << 20), .int(1 << 31), .int(1 << 40), .int(.max), .int(.min), 1e300,
            .double(.nan),
        ]
        var random = Self.random(file)
        try withTemporaryDirectory { directory in
            for subject in try Self.subjects(in: file) {
                guard let path = random.pick(subject.numbers), let end = random.pick(ends) else {
                    continue
                }
                Self.tries(subject.model.setting(path, to: end), at: "\(directory)/model.json")
            }
        }
    }

    /// Numbers that were a trap once.
    struct Finding: Sendable, CustomTestStringConvertible {
        let file, name: String
        let path: [JSONStep]
        let value: JSON
        var runs = false
        var testDescription: String { "\(name): \(value.text())" }
    }

    static let findings: [Finding] = [
        Finding(
            file: "operations/ops-shapes.json", name: "item backwards",
            path: ["config", "layers", 1, "inbound_nodes", 0, "args", 1, 1, "config", "step"],
            value: .int(.max), runs: true),
        Finding(
            file: "operations/ops-unary.json", name: "round decimals",
            path: ["config", "layers", 1, "config", "decimals"], value: .int(.min)),
        Finding(
            file: "operations/tf-functions.json", name: "max_pool2d",
            path: ["config", "layers", 1, "inbound_nodes", 0, 3, "ksize"], value: .int(1 << 31),
            runs: true),
        Finding(
            file: "layers/categories.json", name: "StringLookup tf idf padded",
            path: ["config", "layers", 1, "config", "max_tokens"], value: .int(1 << 40)),
        Finding(
            file: "operations/ops-unary.json", name: "round decimals",
            path: ["config", "layers", 0, "config", "batch_shape", 0], value: 0),
    ]

    @Test(arguments: findings) func whatWasATrapOnce(finding: Finding) throws {
        let subject = try #require(
            Self.subjects(in: finding.file).first { $0.name == finding.name })
        #expect(subject.model.value(at: finding.path.dropLast()) != .null)
        let changed = subject.model.setting(finding.path, to: finding.value)
        #expect(changed.value(at: finding.path[...]) == finding.value)
        try withTemporaryDirectory { directory in
            #expect(Self.tries(changed, at: "\(directory)/model.json") == finding.runs)
        }
    }

    @Test func theSameSeedGivesTheSameMutation() throws {
        let model = try #require(try Self.subjects(in: "layers/core.json").first).model
        var (first, second) = (SeededRandom(seed: 5), SeededRandom(seed: 5))
        for _ in 0..<20 {
            #expect(model.mutated(using: &first).text() == model.mutated(using: &second).text())
        }
    }
}
