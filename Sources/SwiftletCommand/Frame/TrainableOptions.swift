internal import ArgumentParser
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletTraining

/// Which model is trained, and how.
struct TrainableOptions: ParsableArguments {
    @Argument(
        help: "A compiled Keras file, a Keras architecture .json, or a description in YAML or JSON."
    )
    var model: String

    @OptionGroup var from: WeightOptions

    @Option(help: "A Keras name, e.g. sparse_categorical_crossentropy.")
    var loss: String?

    @Option(help: "A Keras name, e.g. adam.")
    var optimizer: String?

    @Option(help: "The optimizer's learning rate.")
    var learningRate: Double?

    @Option(help: ArgumentHelp("Keras names with commas, e.g. accuracy,mae.", valueName: "list"))
    var metrics: String?

    func validate() throws {
        if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
            throw ValidationError("--learning-rate must be above 0")
        }
        try checkNames()
    }

    /// Names that no Keras has are wrong usage, found before any file is opened.
    private func checkNames() throws {
        func check(_ flag: String, _ names: [String], _ find: (String) throws -> Void) throws {
            for name in names {
                do {
                    try find(name)
                } catch {
                    throw ValidationError("\(flag): \(error)")
                }
            }
        }
        try check("--loss", [loss].compactMap { $0 }) { _ = try Loss(named: $0) }
        try check("--optimizer", [optimizer].compactMap { $0 }) { _ = try Optimizer(named: $0) }
        try check("--metrics", metricNames) { _ = try Metric(named: $0) }
    }

    private var metricNames: [String] {
        (metrics ?? "").split { $0 == "," || $0 == " " }.map(String.init)
    }

    /// The model with the weights it has and all that training needs.
    ///
    /// - Parameters:
    ///   - tuning: what is changed about it first.
    ///   - seed: decides the first weights of new layers.
    func open(tuning: FineTuningOptions? = nil, seed: UInt64 = 0) throws -> Model {
        try from.refuseStorage()
        var (trained, report) = try Model.trainableFile(
            model, weights: from.file, loading: from.loading())
        try from.settle(&trained, report, from: model, initializing: false)
        try tuning?.apply(to: &trained, from: model, seed: seed)
        try naming(model) {
            // A loss that is named anew need not be understood.
            let compiled =
                loss == nil ? try trained.trainingSetup() : (try? trained.trainingSetup()) ?? nil
            let isChanged = loss != nil || optimizer != nil || metrics != nil || learningRate != nil
            if isChanged || compiled == nil {
                trained.compile(try setup(over: compiled), keepsOptimizerState: optimizer == nil)
            }
            try tuning?.applySchedule(to: &trained)
        }
        return trained
    }

    /// What the flags say, and else what the model was compiled with.
    private func setup(over compiled: TrainingSetup?) throws -> TrainingSetup {
        let losses = try loss.map { PerOutput.all(try Loss(named: $0)) } ?? compiled?.losses
        guard let losses else {
            throw TrainingError.loss("the model is not compiled; name a loss with --loss")
        }
        let named = try optimizer.map { try Optimizer(named: $0) } ?? compiled?.optimizer
        var setup = TrainingSetup(
            optimizer: try named ?? Optimizer(named: "rmsprop"), losses: losses,
            lossWeights: compiled?.lossWeights, metrics: compiled?.metrics ?? .all([]),
            weightedMetrics: compiled?.weightedMetrics ?? .all([]))
        if let learningRate { setup.optimizer.learningRate = .constant(learningRate) }
        if metrics != nil { setup.metrics = .all(try metricNames.map { try Metric(named: $0) }) }
        return setup
    }
}
