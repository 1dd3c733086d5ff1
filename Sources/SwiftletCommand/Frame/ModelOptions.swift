internal import ArgumentParser
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletRuntime

/// Which model a subcommand works on.
struct ModelOptions: ParsableArguments {
    @Argument(help: "A .keras or .h5 file, or an architecture .json together with --weights.")
    var model: String

    @Option(
        help: ArgumentHelp(
            "The weights of an architecture .json, or others than the model's own.",
            valueName: "file"))
    var weights: String?

    func open() throws -> Model { try Model(contentsOf: model, weights: weights) }
}

/// How a model runs.
struct RunOptions: ParsableArguments {
    @Option(help: "Samples that are computed at once.")
    var batchSize = 32

    @Option(help: "Threads that take part; one per processor otherwise.")
    var threads: Int?

    func validate() throws {
        guard batchSize > 0 else { throw ValidationError("--batch-size must be at least 1") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be between 1 and 1024")
        }
    }

    func predictor(for model: Model) throws -> Predictor {
        try Predictor(model, threads: threads)
    }
}
