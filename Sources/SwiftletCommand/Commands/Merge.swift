internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletStreaming

struct Merge: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Put the parts of an evaluation or a prediction together.",
        discussion: """
            Each part is what `swiftlet evaluate --shard k/n --state part.h5` wrote, in any order. The scores \
            are those of `swiftlet evaluate` over everything, bit for bit.

            With --output each part is what `swiftlet predict --shard k/n --output part.npz` wrote, with its \
            description part.npz.shard beside it. The file is that of `swiftlet predict` over everything.

            Parts of different models, data, tasks or options are refused, and so are a part that is missing, \
            damaged or there twice.

            Examples:
              swiftlet merge part1.h5 part2.h5 part3.h5 --json scores.json
              swiftlet merge part1.npz part2.npz part3.npz --output answers.npz
            """)

    @Argument(help: "The parts, all of them.")
    var parts: [String]

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Where the answers go of parts of a prediction: .npz, .h5, .npy or .csv.",
            valueName: "file"))
    var answers: String?

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
        if answers != nil, output.report != nil {
            throw ValidationError(
                "--report is for parts of an evaluation, --output for a prediction's")
        }
    }

    func run() throws {
        try output.check()
        if let answers { return try join(to: answers) }
        if PathKind(parts[0] + ".shard") == .regular {
            throw CommandError(
                parts[0], "a part of a prediction; --output says where the whole is to go")
        }
        let curves = try history.map { try TrainingHistory.read($0) }
        let answers = try naming(parts[0]) { try EvaluationState.merged(parts) }
        log.warn(mixed: answers.isMixed, answers.data)
        try output.write(answers, history: curves, log: log)
    }

    private func join(to path: String) throws {
        try checkDestination(path)
        var progress: ProgressBar?
        let written = try naming(parts[0]) {
            try StreamedPrediction.merge(parts, to: path) { done, total in
                if progress == nil { progress = log.progress("samples", total: total) }
                progress?.update(done: done)
            }
        }
        progress?.clear()
        log.warn(mixed: written.isMixed, path)
        try output.write(written)
    }
}
