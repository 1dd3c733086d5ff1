internal import ArgumentParser
internal import SwiftletKeras

struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rewrite a model in another format or for another era of Keras.")

    @OptionGroup var source: ModelOptions

    @Argument(help: "Where the model goes; .keras, .h5, .weights.h5 or .json name the format.")
    var output: String

    @Option(help: "The format, where the suffix is not enough.")
    var to: ModelFormat?

    @OptionGroup var log: LogOptions

    func run() throws {
        guard let format = to?.format ?? KerasFormat(path: output) else {
            throw CommandError(
                output, "a name that ends in .keras, .h5, .weights.h5 or .json expected, or --to")
        }
        try checkDestination(output)
        try source.open().saveWarning(to: output, as: format)
    }
}

/// Formats as `--to` names them.
enum ModelFormat: String, ExpressibleByArgument, CaseIterable {
    case keras, h5, weights, json
    case keras2H5 = "keras2-h5"
    case keras3H5 = "keras3-h5"
    case weightsH5 = "weights-h5"
    case keras2JSON = "keras2-json"

    var format: KerasFormat {
        switch self {
        case .keras: .keras
        case .h5: .legacy
        case .keras2H5: .legacyKeras2
        case .keras3H5: .legacyKeras3
        case .weights: .weights
        case .weightsH5: .legacyWeights
        case .json: .architecture
        case .keras2JSON: .architectureKeras2
        }
    }
}
