internal import ArgumentParser
internal import SwiftletData
internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletTensor

struct Inspect: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "List what is in a model or data file without running it.",
        discussion: """
            Models: what wrote them, layers with shapes and parameters, weights with their values' range, \
            what they were compiled with, what is unknown. Files of weights alone, of other frameworks \
            too. Damaged files as far as they can be read; the status is 1 then.

            Examples:
              swiftlet inspect model.keras
              swiftlet inspect model.keras --memory --batch-size 32
            """)

    @Argument(help: "A file of a model, of weights or of data.")
    var file: String

    @Flag(help: "One JSON object on standard output, for scripts.")
    var json = false

    @Flag(help: "What predicting would take of memory, instead.")
    var memory = false

    @Option(help: ArgumentHelp("Rows of a batch, for --memory.", valueName: "n"))
    var batchSize = 1

    @Option(
        help: ArgumentHelp(
            "What large weights are held in, for --memory.", valueName: "bf16|f16|f32"),
        transform: WeightStorage.option)
    var weights: WeightStorage?

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard batchSize > 0 else { throw ValidationError("--batch-size must be at least 1") }
        if weights != nil, !memory { throw ValidationError("--weights needs --memory") }
    }

    func run() throws {
        if memory { return try showMemory() }
        guard let inspection = try FileInspection(file) else { return show(try DataListing(file)) }
        let listing = InspectionListing(inspection)
        print(
            json
                ? listing.json.text(pretty: true)
                : listing.text(for: .standardOutput, isWhole: log.details))
        if let first = inspection.damage.first {
            let count = inspection.damage.count
            throw CommandError(file, first + (count > 1 ? " (and \(count - 1) more like it)" : ""))
        }
    }

    private func show(_ listing: DataListing) {
        if json {
            let object: JSON = [
                "kind": "data", "format": .string(listing.format), "keras_version": nil,
                "arrays": .array(
                    listing.entries.map { entry in
                        [
                            "name": .string(entry.name), "dtype": .string(entry.dtype.rawValue),
                            "shape": .array(entry.shape.map(JSON.int)),
                        ]
                    }),
            ]
            print(object.text(pretty: true))
            return
        }
        var table = TextTable(
            title: listing.format,
            columns: [.init("array", .left), .init("type", .left), .init("shape", .left)])
        for entry in listing.entries {
            table.add([entry.name, entry.dtype.rawValue, entry.shape.description])
        }
        print(table.text(for: .standardOutput))
    }

    private func showMemory() throws {
        let model = try naming(file) { try Model(contentsOf: file) }
        let use = try naming(file) {
            try Predictor(model, weights: weights ?? .float32).peakMemory(rows: batchSize)
        }
        let parts = [
            ("weights", use.weights), ("arena", use.arena), ("data", use.data),
            ("total", use.total),
        ]
        if json {
            var object: JSONObject = ["batch_size": .int(batchSize)]
            for (name, bytes) in parts { object["\(name)_bytes"] = .int(bytes) }
            print(JSON.object(object).text(pretty: true))
            return
        }
        var table = TextTable(
            title: "memory for batches of \(batchSize), MiB",
            columns: [.init("", .left), .init("")])
        for (name, bytes) in parts {
            table.add([name, "\((Double(bytes) / 1_048_576 * 100).rounded() / 100)"])
        }
        print(table.text(for: .standardOutput))
    }
}
