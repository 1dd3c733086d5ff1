internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletMachine
internal import SwiftletStreaming
internal import SwiftletTraining

/// Samples with their targets.
struct DataOptions: ParsableArguments {
    @Option(help: "Inputs with their targets: .npz (x, y), .csv, .h5, IDX, CIFAR or class folders.")
    var data: String

    @Flag(
        help: ArgumentHelp(
            "Keep the samples on the disk, not in memory; the numbers are the same.",
            discussion: """
                Plain arrays stay where they are in the file; packed ones, tables and pictures are unpacked \
                into a temporary file without a name, in the directory of TMPDIR or /var/tmp. Data that \
                would take more than half of the memory are treated so anyway.
                """))
    var onDisk = false

    func load(for model: Model, _ log: LogOptions) throws -> Dataset {
        try load(data, for: model, log)
    }

    func load(_ path: String, for model: Model, _ log: LogOptions) throws -> Dataset {
        let roles = DataRoles(of: model)
        var isLarge = onDisk
        if !isLarge, let size = DataSource.size(of: path, roles), size > Machine.memory / 2 {
            isLarge = true
            log.note("\(path): \(size >> 20) MiB; the samples stay on the disk")
        }
        return try DataSource.load(path, roles: roles, placement: isLarge ? .disk : .memory)
    }

    /// An error of a training with the file that it is about: data that do not fit are the data file's
    /// fault, the rest the model's.
    func named(_ error: any Error, model: String) -> any Error {
        guard let training = error as? TrainingError else {
            if error is DataError { return error }
            return CommandError(error is DatasetError ? data : model, error)
        }
        switch training {
        case .state: return error
        case .data: return CommandError(data, error)
        default: return CommandError(model, error)
        }
    }
}

/// What a training learns from and what it is measured on.
struct SampleOptions: ParsableArguments {
    @OptionGroup var source: DataOptions

    var data: String { source.data }

    @Option(help: "Data to measure on after every epoch.")
    var validationData: String?

    @Option(help: "The fraction of the samples, the last ones, that is kept for validation.")
    var validationSplit: Double?

    @Flag(help: "Draw the validation samples so that every class keeps its share.")
    var stratify = false

    @Option(
        help: ArgumentHelp(
            "Cross-validate first: train on all parts but one and measure on that one, for each part.",
            discussion: """
                With a loss of classes every class has its share in each part. The mean and the standard \
                deviation of loss and metrics are printed and written to --history. The model that is \
                saved is then trained on all data, for as many epochs as the parts took on the mean.
                """, valueName: "k"))
    var folds: Int?

    @Option(
        help: ArgumentHelp(
            "`balanced`, so that all classes count alike, or weights such as 0=1,1=2.5.",
            valueName: "weights"))
    var classWeights: String?

    func validate() throws {
        if let validationSplit {
            guard validationSplit > 0, validationSplit < 1 else {
                throw ValidationError("--validation-split must be between 0 and 1")
            }
            guard validationData == nil else {
                throw ValidationError("--validation-data and --validation-split exclude each other")
            }
        } else if stratify {
            throw ValidationError("--stratify needs --validation-split")
        }
        if let folds {
            guard folds > 1 else { throw ValidationError("--folds must be at least 2") }
            guard validationSplit == nil, validationData == nil else {
                throw ValidationError("--folds takes its validation samples from --data itself")
            }
        }
        _ = try givenWeights
    }

    /// Nil for none or balanced ones.
    private var givenWeights: [Int: Double]? {
        get throws {
            guard let classWeights, classWeights != "balanced" else { return nil }
            var weights: [Int: Double] = [:]
            for part in classWeights.split(separator: ",") {
                let sides = part.split(separator: "=")
                guard sides.count == 2, let label = Int(sides[0]), let weight = Double(sides[1]),
                    weight >= 0, weight.isFinite, weights[label] == nil
                else {
                    throw ValidationError(
                        "--class-weights: \"\(part)\"; `balanced` or weights such as 0=1,1=2.5")
                }
                weights[label] = weight
            }
            return weights
        }
    }

    func apply(to options: inout FitOptions) throws {
        options.validationSplit = validationSplit ?? 0
        options.adaptsLayers = true
        options.stratifies = stratify
        options.balancesClasses = classWeights == "balanced"
        options.classWeights = try givenWeights
    }

    func samples(for model: Model, _ log: LogOptions) throws -> Dataset {
        try source.load(for: model, log)
    }

    func validation(for model: Model, _ log: LogOptions) throws -> Dataset? {
        try validationData.map { try source.load($0, for: model, log) }
    }
}
