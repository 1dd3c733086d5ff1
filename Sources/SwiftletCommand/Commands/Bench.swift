internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport

struct Bench: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast a model runs on this machine.",
        discussion: """
            Examples:
              swiftlet bench model.keras --threads 1 --profile
              swiftlet bench model.keras --batch-size 8 --json bench.json
            """)

    @OptionGroup var source: ModelOptions
    @OptionGroup var execution: PredictionOptions

    @Option(help: "Timed calls, or timed epochs of training.")
    var repeats = 20

    @Option(
        help: ArgumentHelp(
            "Time steps of training on these data instead, as the model was compiled.",
            valueName: "data"))
    var training: String?

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
        if training != nil, profile || chromeTrace != nil || execution.exact {
            throw ValidationError("--training goes with no --profile, --chrome-trace or --exact")
        }
    }

    func run() throws {
        try checkDestination(json)
        try checkDestination(chromeTrace)
        if training != nil { try source.from.refuseStorage() }
        if let training { return try measureTraining(on: training) }
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

    private func measureTraining(on data: String) throws {
        let measurement = try TrainingMeasurement(
            source, execution.run, data: data, repeats: repeats)
        if let json {
            try AtomicFile.write(measurement.json.text(pretty: true) + "\n", to: json)
        }
        print(measurement.table.text(for: .standardOutput))
    }
}
