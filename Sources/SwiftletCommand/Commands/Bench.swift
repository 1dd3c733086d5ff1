internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast a model runs on this machine.")

    @OptionGroup var source: ModelOptions
    @OptionGroup var execution: RunOptions

    @Option(help: "Timed calls.")
    var repeats = 20

    @Option(help: ArgumentHelp("Write the figures as JSON.", valueName: "b.json"))
    var json: String?

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard repeats > 0 else { throw ValidationError("--repeats must be at least 1") }
    }

    func run() throws {
        try checkDestination(json)
        let measurement = try Measurement(source, execution, repeats: repeats)
        if let json {
            try AtomicFile.write(measurement.json.text(pretty: true) + "\n", to: json)
        }
        print(measurement.table.text(for: .standardOutput))
    }
}
