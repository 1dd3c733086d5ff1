internal import ArgumentParser
internal import SwiftletStreaming

struct Merge: Subcommand {
    static let configuration = CommandConfiguration(
        abstract: "Score the parts of an evaluation together.",
        discussion: """
            Each part is what `swiftlet evaluate --shard k/n --state part.h5` wrote, in any order. The scores \
            are those of `swiftlet evaluate` over everything, bit for bit. Parts of different models, data \
            or tasks are refused, and so are a part that is missing or there twice.

            Example:
              swiftlet merge part1.h5 part2.h5 part3.h5 --json scores.json
            """)

    @Argument(help: "The parts, all of them.")
    var parts: [String]

    @Option(
        help: ArgumentHelp(
            "The history of a training, whose curves --report shows.", valueName: "h.json"))
    var history: String?

    @OptionGroup var output: ScoreOutput
    @OptionGroup var log: LogOptions

    func validate() throws {
        if history != nil, output.report == nil {
            throw ValidationError("--history needs --report")
        }
    }

    func run() throws {
        try output.check()
        let curves = try history.map { try TrainingHistory.read($0) }
        let answers = try naming(parts[0]) { try EvaluationState.merged(parts) }
        log.warn(mixed: answers.isMixed, answers.data)
        try output.write(answers, history: curves, log: log)
    }
}
