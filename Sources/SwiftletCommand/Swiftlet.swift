internal import ArgumentParser
internal import CMemoryGuard
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletLimits
internal import SwiftletMachine

/// The command `swiftlet`: one subcommand per job, one file per subcommand.
@main
struct Swiftlet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftlet",
        abstract: "Train, run and score neural networks in Keras files, without Python.",
        version: swiftletVersion,
        subcommands: [
            Demo.self, New.self, Train.self, LRFind.self, Predict.self, Evaluate.self, Merge.self,
            Score.self, Compare.self,
            ScoreImages.self, Features.self, Convert.self, Inspect.self, Diff.self, Trace.self,
            Verify.self,
            Serve.self, Bench.self,
        ])

    static func main() {
        HDF5Isolation.serveIfAsked(CommandLine.arguments)
        guardStandardStreams()
        // Not a closure: it would belong to the main actor, and check so when there is no memory for it.
        guard_memory(removeTemporaryFilesAtOnce)
        Interruption.watch()
        do {
            var command = try parseAsRoot()
            if let subcommand = command as? any Subcommand {
                let log = subcommand.log
                try Ranks.join(for: subcommand)
                try log.limits.limits.apply { try log.isolation.during { try command.run() } }
            } else {
                try command.run()
            }
            try StandardOutput.finish()
            removeTemporaryFiles()
            Ranks.leave()
        } catch {
            Ending(error).exit()
        }
    }
}
