internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletTraining
internal import SwiftletWeights

struct Convert: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Rewrite a model or weights in another format or for another era of Keras.",
        discussion: """
            Weights of PyTorch, TensorFlow, MXNet, safetensors and NumPy go into a model with --weights; \
            without a model they become .safetensors or .npz under their own names.

            Examples:
              swiftlet convert old.h5 new.keras
              swiftlet convert model.keras model.h5 --weights resnet50.pth
            """)

    @OptionGroup var source: ModelOptions

    @Argument(
        help:
            "Where it goes; .keras, .h5, .weights.h5, .json, .safetensors or .npz name the format.")
    var output: String

    @Option(help: "The format, where the suffix is not enough.")
    var to: ModelFormat?

    @OptionGroup var golden: GoldenOptions

    @Flag(help: "What became of every weight, as one JSON object on standard output.")
    var json = false

    @OptionGroup var log: LogOptions

    func run() throws {
        let isWeightsFile = WeightFile.format(ofName: output) != nil && to == nil
        guard let format = to?.format ?? KerasFormat(path: output), !isWeightsFile else {
            guard isWeightsFile else {
                throw CommandError(
                    output,
                    "a name that ends in .keras, .h5, .weights.h5, .json, .safetensors or .npz "
                        + "expected, or --to")
            }
            try checkDestination(output)
            return try convertWeights()
        }
        try checkDestination(output)
        var model = try opened()
        if let stored = try golden.stored(for: model) {
            guard format != .architecture, format != .architectureKeras2 else {
                throw CommandError(output, "an architecture has no room for --golden")
            }
            model.golden = stored
        }
        try model.saveWarning(to: output, as: format)
    }

    /// To a file of named arrays.
    private func convertWeights() throws {
        guard golden.golden == nil else {
            throw CommandError(output, "files of named arrays have no room for --golden")
        }
        if source.from.file == nil, try holdsWeightsAlone(source.model) {
            let arrays = try storedArrays(source.model)
            let read = try arrays.map { array in
                (name: array.name, tensor: try naming(source.model) { try array.read() })
            }
            guard let format = WeightFile.format(ofName: output) else { return }
            return try WeightFile.write(read, to: output, as: format)
        }
        try opened().saveWeights(to: output)
    }

    /// The model; also prints what became of the weights, if that is wanted.
    private func opened() throws -> Model {
        do {
            let (model, report) = try source.open(keepingTypes: true)
            if json { print(report.json.text(pretty: true)) }
            return model
        } catch let error as KerasFileError {
            if json, case .weights(let report) = error.cause {
                print(report.json.text(pretty: true))
            }
            throw error
        }
    }
}

/// Inputs and outputs to be stored in a model's file.
struct GoldenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Inputs and the outputs that belong to them (input_0 …, output_0 …), to be stored in the "
                + "file for `swiftlet verify`.", valueName: "io.npz"))
    var golden: String?

    @Option(help: "How far outputs may be from the stored ones: T · (1 + |output|).")
    var goldenTolerance = 1e-4

    func validate() throws {
        guard goldenTolerance >= 0, goldenTolerance.isFinite else {
            throw ValidationError("--golden-tolerance must be at least 0")
        }
    }

    func stored(for model: Model) throws -> Golden? {
        try golden.map { try Golden(reading: $0, for: model, tolerance: goldenTolerance) }
    }
}

extension Golden {
    /// Inputs and outputs of a data file for a model.
    init(reading path: String, for model: Model, tolerance: Double) throws {
        let inputs = try DataSource.loadInputs(path, roles: DataRoles(inputs: model.inputNames))
        let arrays = try NPZ.read(path)
        var outputs: [Tensor] = []
        while let output = arrays["output_\(outputs.count)"] { outputs.append(output) }
        guard outputs.count == model.outputNames.count else {
            throw CommandError(
                path,
                "\(model.outputNames.count) outputs expected (output_0 …), \(outputs.count) found")
        }
        self.init(inputs: inputs.tensors, outputs: outputs, tolerance: tolerance)
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
