internal import ArgumentParser
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletRuntime

/// Where weights come from that are not the model's own, and how they find their layers.
struct WeightOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The weights of an architecture .json, or others than the model's own.",
            discussion: """
                Of Keras (.h5, .weights.h5, .weights.json, .keras), safetensors, PyTorch (.pt, .pth), \
                NumPy (.npz), TensorFlow (a SavedModel or a checkpoint's name) or MXNet (.params).
                """, valueName: "file"))
    var weights: String?

    @Flag(help: "Give weights to the layers of the same names; other layers stay as they are.")
    var byName = false

    @Flag(help: "Skip weights that do not fit, with a warning.")
    var skipMismatch = false

    @Option(
        help: ArgumentHelp(
            "JSON that says which array of --weights is which weight.",
            discussion: """
                {"conv1.weight": {"path": "conv1/kernel", "transpose": [2, 3, 1, 0]}, "step": null, …}
                """, valueName: "map.json"))
    var mapping: String?

    func validate() throws {
        for (isGiven, flag) in [
            (byName, "--by-name"), (skipMismatch, "--skip-mismatch"), (mapping != nil, "--mapping"),
        ] where isGiven && weights == nil {
            throw ValidationError("\(flag) needs --weights")
        }
    }

    func loading() throws -> WeightLoading {
        WeightLoading(
            matching: byName ? .name : .order, skippingMismatches: skipMismatch,
            mapping: try mapping.map { try WeightMapping(contentsOf: $0) })
    }

    /// Says what was passed over, and gives what is left without a value its first one.
    func settle(
        _ model: inout Model, _ report: WeightReport, from path: String, initializing: Bool = true
    ) throws {
        for warning in report.warnings { StandardError.warn("\(weights ?? path): \(warning)") }
        if initializing, byName || skipMismatch { try naming(path) { try model.initialize() } }
        let damaged = model.nonFiniteWeights
        if !damaged.isEmpty {
            StandardError.warn(
                "\(weights ?? path): NaN or infinite values in \(counted(damaged.count, "weight")) "
                    + "(\(shortened(damaged, whole: false)))")
        }
    }
}

/// Which model a subcommand works on.
struct ModelOptions: ParsableArguments {
    @Argument(help: "A .keras or .h5 file, or an architecture .json together with --weights.")
    var model: String

    @OptionGroup var from: WeightOptions

    func open() throws -> Model { try open(keepingTypes: false).model }

    /// - Parameter keepingTypes: whether weights stay in the type that the file has them in.
    func open(keepingTypes: Bool) throws -> (model: Model, report: WeightReport) {
        var loading = try from.loading()
        loading.keepsTypes = keepingTypes
        var (opened, report) = try Model.opened(model, weights: from.weights, loading: loading)
        try from.settle(&opened, report, from: model)
        return (opened, report)
    }
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

}

/// How a model predicts.
struct PredictionOptions: ParsableArguments {
    @OptionGroup var run: RunOptions

    @Flag(help: "Add up convolutions term by term: slower, errors as small as float32 allows.")
    var exact = false

    var batchSize: Int { run.batchSize }

    func predictor(for model: Model) throws -> Predictor {
        try Predictor(model, threads: run.threads, optimizations: exact ? .exact : .standard)
    }
}
