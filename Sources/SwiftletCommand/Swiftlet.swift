internal import ArgumentParser

/// The command `swiftlet`: one subcommand per job, one file per subcommand.
@main
struct Swiftlet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftlet",
        abstract: "Train, run and score neural networks in Keras files, without Python.",
        version: "0.1.0",
        subcommands: [
            Demo.self, New.self, Train.self, LRFind.self, Predict.self, Evaluate.self, Merge.self,
            Score.self, Compare.self,
            ScoreImages.self, Features.self, Convert.self, Inspect.self, Diff.self, Trace.self,
            Verify.self,
            Bench.self,
        ])

    static func main() {
        Interruption.watch()
        do {
            var command = try parseAsRoot()
            try command.run()
            try StandardOutput.finish()
        } catch {
            Ending(error).exit()
        }
    }
}
