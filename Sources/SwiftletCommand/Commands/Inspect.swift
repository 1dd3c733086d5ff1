internal import ArgumentParser
internal import SwiftletData
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletTensor

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what is in a model or data file without running it.")

    @Argument(help: "A Keras file of any kind, or a data file.")
    var file: String

    @Flag(help: "One JSON object on standard output, for scripts.")
    var json = false

    @OptionGroup var log: LogOptions

    func run() throws {
        let isFolder = PathKind(file) == .directory
        guard !isFolder, let origin = try KerasOrigin(of: file) else {
            return show(try DataListing(file))
        }
        switch origin.kind {
        case .weights: show(try DataListing(file), origin)
        case .model, .architecture:
            let model = try Model(trainable: file)
            let listing = ModelListing(try naming(file) { try model.summary() }, model, origin)
            print(json ? listing.json.text(pretty: true) : listing.text(for: .standardOutput))
        }
    }

    private func show(_ listing: DataListing, _ origin: KerasOrigin? = nil) {
        if json {
            var object: JSONObject = [
                "kind": .string(origin?.kind.rawValue ?? "data"),
                "format": .string(origin?.format ?? listing.format),
                "keras_version": origin?.version.map(JSON.string) ?? .null,
            ]
            object["arrays"] = .array(
                listing.entries.map { entry in
                    [
                        "name": .string(entry.name), "dtype": .string(entry.dtype.rawValue),
                        "shape": .array(entry.shape.map(JSON.int)),
                    ]
                })
            print(JSON.object(object).text(pretty: true))
            return
        }
        let version = origin?.version.map { ", Keras \($0)" } ?? ""
        var table = TextTable(
            title: (origin?.format ?? listing.format) + version,
            columns: [.init("array", .left), .init("type", .left), .init("shape", .left)])
        for entry in listing.entries {
            table.add([entry.name, entry.dtype.rawValue, entry.shape.description])
        }
        print(table.text(for: .standardOutput))
    }
}
