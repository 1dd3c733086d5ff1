internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletTraining

/// How a training goes on that was broken off.
struct ResumeOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Keep the training's state beside the output; the same command goes on where it was.",
            discussion: """
                Ended by Ctrl-C, kill or a power cut, and started again, the training ends with the same \
                weights and history, bit for bit, as one that was never broken off. The state of \
                another model, other data or options is refused; --epochs may grow, and --threads \
                changes nothing. The state is deleted once the model is saved.
                """))
    var resume = false

    @Option(
        help: ArgumentHelp(
            "The file of the state, with --resume; the output's name and .state otherwise.",
            valueName: "file"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "Seconds between two saves of the state within an epoch; 0 for every batch.",
            valueName: "seconds"))
    var stateEvery: Double?

    func validate() throws {
        for (isGiven, flag) in [(state != nil, "--state"), (stateEvery != nil, "--state-every")]
        where isGiven && !resume {
            throw ValidationError("\(flag) needs --resume")
        }
        if let stateEvery, !(stateEvery >= 0 && stateEvery.isFinite) {
            throw ValidationError("--state-every must not be negative")
        }
    }

    /// Where the state is kept until the model is saved; nil if it is not.
    func backup(of output: String) throws -> TrainingBackup? {
        guard resume else { return nil }
        let backup = TrainingBackup(
            state ?? output + ".state", everySeconds: stateEvery ?? 10, isRemovedAtEnd: false)
        try checkDestination(backup.path)
        return backup
    }
}
