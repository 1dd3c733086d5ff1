internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast a model runs on this machine.")

    @OptionGroup var source: ModelOptions
    @OptionGroup var execution: PredictionOptions

    @Option(help: "Timed calls.")
    var repeats = 20

    @Option(help: ArgumentHelp("Write the figures as JSON.", valueName: "b.json"))
    var json: String?

    @Flag(help: "Tell what every step costs; in the JSON as well.")
    var profile = false

    @Option(
        help: ArgumentHelp(
            "Write the steps for chrome://tracing or Perfetto.", valueName: "trace.json"))
    var chromeTrace: String?

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard repeats > 0 else { throw ValidationError("--repeats must be at least 1") }
    }

    func run() throws {
        try checkDestination(json)
        try checkDestination(chromeTrace)
        let measurement = try Measurement(
            source, execution, repeats: repeats, profiles: profile || chromeTrace != nil)
        if let json {
            try AtomicFile.write(measurement.json.text(pretty: true) + "\n", to: json)
        }
        if let chromeTrace {
            try AtomicFile.write(measurement.profile?.chromeTrace.text() ?? "", to: chromeTrace)
        }
        if profile, let steps = measurement.profile {
            print(steps.table.text(for: .standardOutput))
        }
        print(measurement.table.text(for: .standardOutput))
    }
}
