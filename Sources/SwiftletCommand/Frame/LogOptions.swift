internal import ArgumentParser
internal import SwiftletReport

/// What every subcommand offers.
struct LogOptions: ParsableArguments {
    @Flag(help: "No progress and no notes on standard error.")
    var quiet = false

    @Flag(help: "Do not shorten a long error.")
    var details = false

    @Flag(help: "Read HDF5 files with libhdf5 in a confined process; see docs/isolation.md.")
    var isolate = false

    /// A line for people, such as what is being done.
    func note(_ text: String) {
        if !quiet { StandardError.write("\(Ending.oneLine(text))\n") }
    }

    func progress(_ label: String, total: Int) -> ProgressBar {
        ProgressBar(label: label, total: total, style: .standardError(quiet: quiet))
    }
}
