internal import ArgumentParser
internal import SwiftletGraph
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
                NumPy (.npz), TensorFlow (a SavedModel or a checkpoint's name) or MXNet (.params). One of \
                the words bf16, f16 and f32 says instead in what a model that predicts holds its large \
                weights: 16 bits take half the memory and round them, by how much for the outputs is \
                told. May be given once for each.
                """, valueName: "file|bf16|f16|f32"))
    var weights: [String] = []

    /// The file.
    var file: String? { weights.first { WeightStorage(word: $0) == nil } }

    /// What large weights are to be held in, if that is said.
    private var storage: WeightStorage? {
        weights.lazy.compactMap { WeightStorage(word: $0) }.first
    }

    /// What large weights are held in while the model predicts.
    var heldIn: WeightStorage { storage ?? .float32 }

    /// For whatever does not predict.
    func refuseStorage() throws {
        guard storage != nil else { return }
        throw ValidationError("--weights bf16, f16 or f32 is for commands that predict")
    }

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
        let words = weights.filter { WeightStorage(word: $0) != nil }
        guard words.count <= 1, weights.count - words.count <= 1 else {
            throw ValidationError("--weights takes one file and one of bf16, f16 and f32")
        }
        for (isGiven, flag) in [
            (byName, "--by-name"), (skipMismatch, "--skip-mismatch"), (mapping != nil, "--mapping"),
        ] where isGiven && file == nil {
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
        for warning in report.warnings { StandardError.warn("\(file ?? path): \(warning)") }
        if initializing, byName || skipMismatch { try naming(path) { try model.initialize() } }
        let damaged = model.nonFiniteWeights
        if !damaged.isEmpty {
            StandardError.warn(
                "\(file ?? path): NaN or infinite values in \(counted(damaged.count, "weight")) "
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

    /// The model to predict with. Weights that are 16 bits wide in the file stay so if they are to be.
    func openForPrediction() throws -> Model {
        try opened(keepingTypes: from.heldIn != .float32).model
    }

    /// - Parameter keepingTypes: whether weights stay in the type that the file has them in.
    func open(keepingTypes: Bool) throws -> (model: Model, report: WeightReport) {
        try from.refuseStorage()
        return try opened(keepingTypes: keepingTypes)
    }

    private func opened(keepingTypes: Bool) throws -> (model: Model, report: WeightReport) {
        var loading = try from.loading()
        loading.keepsTypes = keepingTypes
        var (opened, report) = try Model.opened(model, weights: from.file, loading: loading)
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

    func predictor(for model: Model, weights: WeightStorage) throws -> Predictor {
        try Predictor(
            model, threads: run.threads, optimizations: exact ? .exact : .standard,
            weights: weights)
    }
}

extension WeightStorage {
    /// Of an option: bf16, f16, f32.
    init?(word: String) {
        switch word {
        case "f32", "float32": self = .float32
        case "bf16", "bfloat16": self = .bfloat16
        case "f16", "float16": self = .float16
        default: return nil
        }
    }
}

extension WeightStorage {
    /// The value of an option of its own.
    static func option(_ word: String) throws -> WeightStorage {
        guard let storage = WeightStorage(word: word) else {
            throw ValidationError("\(word): bf16, f16 or f32 expected")
        }
        return storage
    }
}

extension LogOptions {
    /// By how much weights in fewer bits change the outputs, if that was asked for.
    func note(weightError error: Double?, _ storage: WeightStorage) {
        guard let error else { return }
        note(
            "weights in \(storage.rawValue): largest relative difference of outputs "
                + "\(error.threeDigits) on the first rows")
    }
}

extension Double {
    /// Three significant digits: 2.13, 2.13e-5.
    var threeDigits: String {
        guard self != 0, isFinite else { return "\(self)" }
        var (digits, exponent) = (abs(self), 0)
        while digits >= 9.995 { (digits, exponent) = (digits / 10, exponent + 1) }
        while digits < 0.9995 { (digits, exponent) = (digits * 10, exponent - 1) }
        let rounded = (digits * 100).rounded() / 100
        return (self < 0 ? "-" : "") + (exponent == 0 ? "\(rounded)" : "\(rounded)e\(exponent)")
    }
}
