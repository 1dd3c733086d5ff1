internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport

/// A command that opens files and tells of its work.
protocol Subcommand: ParsableCommand {
    var log: LogOptions { get }
}

/// What every subcommand offers.
struct LogOptions: ParsableArguments {
    @Flag(help: "No progress and no notes on standard error.")
    var quiet = false

    @Flag(help: "Do not shorten a long error.")
    var details = false

    @OptionGroup var isolation: IsolationOptions

    @OptionGroup var limits: LimitOptions

    /// Of several processes the first one tells.
    private var isSilent: Bool { quiet || !Ranks.isFirst }

    /// A line for people, such as what is being done.
    func note(_ text: String) {
        if !isSilent { StandardError.write("\(oneLine(text))\n") }
    }

    func progress(_ label: String, total: Int) -> ProgressBar {
        ProgressBar(label: label, total: total, style: .standardError(quiet: isSilent))
    }
}
