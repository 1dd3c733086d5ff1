internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletReport
internal import SwiftletTensor

struct Diff: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two models, two files of weights, or two traces of `swiftlet trace`.",
        discussion: """
            Two .npz files are traces: the first layer that differs is named. The status is 0 where nothing \
            differs, otherwise 1.

            Examples:
              swiftlet diff before.keras after.keras
              swiftlet diff keras.npz swiftlet.npz --tolerance 1e-4
            """)

    @Argument(help: "A model, weights or a trace.")
    var first: String

    @Argument(help: "Another one.")
    var second: String

    @Option(
        help: """
            Numbers that are up to T · (1 + |number|) apart are alike: 1e-4 for traces, 0 for models by \
            default.
            """)
    var tolerance: Double?

    @Flag(help: "One JSON object on standard output, for scripts.")
    var json = false

    @OptionGroup var log: LogOptions

    func validate() throws {
        if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
            throw ValidationError("--tolerance must be at least 0")
        }
    }

    func run() throws {
        if isTrace(first), isTrace(second) {
            try compareTraces()
        } else {
            try compareModels()
        }
    }

    private func isTrace(_ path: String) -> Bool { path.lowercased().hasSuffix(".npz") }

    // MARK: Traces

    private func compareTraces() throws {
        let (a, b) = (try NPZ.read(first), try NPZ.read(second))
        let limit = tolerance ?? 1e-4
        let names = a.names.filter { b[$0] != nil }
        let lone = a.names.filter { b[$0] == nil } + b.names.filter { a[$0] == nil }
        guard !names.isEmpty else { throw CommandError(second, "no array of \(first) is in it") }
        let rows = names.compactMap { name -> (String, TensorDifference)? in
            guard let x = a[name], let y = b[name] else { return nil }
            return (name, TensorDifference(x, y))
        }
        if json {
            let object: JSON = [
                "tolerance": .double(limit),
                "first": rows.first { !$1.isWithin(limit) }.map { .string($0.0) } ?? .null,
                "layers": .array(
                    rows.map { name, difference in
                        [
                            "name": .string(name), "alike": .bool(difference.isWithin(limit)),
                            "maximum": .double(difference.maximum),
                            "relative": .double(difference.scaled),
                            "difference": .string(difference.text),
                        ]
                    }), "only_in_one": .array(lone.map(JSON.string)),
            ]
            print(object.text(pretty: true))
        } else {
            var table = TextTable(
                title: "\(names.count) layers, tolerance \(limit)",
                columns: [.init("layer", .left), .init("", .left), .init("", .left)])
            for (name, difference) in rows {
                table.add([name, difference.isWithin(limit) ? "" : "differs", difference.text])
            }
            print(table.text(for: .standardOutput))
            if !lone.isEmpty { print("only in one: \(shortened(lone, whole: log.details))") }
        }
        if let (name, difference) = rows.first(where: { !$1.isWithin(limit) }) {
            throw CommandError(
                second,
                "layer '\(name)' is the first that differs from \(first): \(difference.text)")
        }
    }

    // MARK: Models

    private func compareModels() throws {
        let difference = try ModelDifference(first, second, tolerance: tolerance ?? 0)
        if json {
            let object: JSON = [
                "weights_compared": .int(difference.comparedWeights),
                "maximum": .double(difference.maximum),
                "differences": .array(
                    difference.items.map { item in
                        [
                            "kind": .string(item.kind.rawValue), "place": .string(item.place),
                            "difference": .string(item.text),
                        ]
                    }),
            ]
            print(object.text(pretty: true))
        } else {
            var table = TextTable(
                title: "\(difference.comparedWeights) weights compared, greatest difference "
                    + "\(Float(difference.maximum))",
                columns: [.init("", .left), .init("place", .left), .init("difference", .left)])
            for item in difference.items { table.add([item.kind.rawValue, item.place, item.text]) }
            print(table.text(for: .standardOutput))
        }
        if let item = difference.items.first {
            throw CommandError(
                second,
                "\(difference.items.count) differences from \(first); the first: "
                    + "\(item.kind.rawValue) '\(item.place)': \(item.text)")
        }
    }
}
