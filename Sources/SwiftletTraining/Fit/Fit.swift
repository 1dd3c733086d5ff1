public import SwiftletDataset
public import SwiftletGraph
public import SwiftletLayers
internal import SwiftletTensor

/// How ``Model/fit(_:options:validation:callbacks:isStopRequested:)`` goes over the data.
public struct FitOptions: Sendable {
    public var epochs: Int
    public var batchSize: Int
    /// The part of the samples, the last ones, that is held back for validation.
    public var validationSplit: Double
    /// Whether the samples held back are drawn so that every class keeps its share.
    public var stratifies = false
    /// Samples per batch of validation; the training's by default.
    public var validationBatchSize: Int?
    /// Whether every epoch takes the samples in another order.
    public var shuffles: Bool
    /// Decides the order of the samples and all that is random in layers, and the first values of
    /// weights that have none.
    public var seed: UInt64
    /// Whether layers that take statistics from data (``Normalization``, …) and have none yet are
    /// adapted to the training samples first.
    public var adaptsLayers = false
    /// Weights by class, multiplied with the samples' own.
    public var classWeights: [Int: Double]?
    /// Whether classes get weights with which all count alike, however many samples they have; see
    /// ``Dataset/balancedClassWeights(of:)``.
    public var balancesClasses = false
    /// Threads that take part; nil for one per processor. The result does not depend on it.
    public var threads: Int?
    /// Where the training's state is kept, so that one that was broken off goes on; nil for nowhere.
    public var backup: TrainingBackup?
    /// What this process shares every batch out by, with others that train the same model on the same data;
    /// nil if it trains alone. All ranks end with the same weights: those of one process, but for the order
    /// of sums. Callbacks run on every rank and must come to the same decisions; the backup is written
    /// by rank 0.
    public var communicator: (any Communicator)?

    public init(
        epochs: Int = 1, batchSize: Int = 32, validationSplit: Double = 0,
        validationBatchSize: Int? = nil, shuffles: Bool = true, seed: UInt64 = 0,
        classWeights: [Int: Double]? = nil, threads: Int? = nil, backup: TrainingBackup? = nil
    ) {
        self.backup = backup
        self.epochs = epochs
        self.batchSize = batchSize
        self.validationSplit = validationSplit
        self.validationBatchSize = validationBatchSize
        self.shuffles = shuffles
        self.seed = seed
        self.classWeights = classWeights
        self.threads = threads
    }
}

extension Model {
    /// Trains the model from scratch or from the weights it has.
    ///
    /// ```swift
    /// let history = try model.fit(
    ///     digits.train, loss: .sparseCategoricalCrossentropy, optimizer: .adam(), epochs: 20,
    ///     validation: digits.validation)
    /// ```
    ///
    /// - Parameters:
    ///   - data: inputs and targets, by the names of the model's inputs and outputs or in their
    ///     order.
    ///   - metrics: measured beside the loss, e.g. `[.accuracy]`.
    ///   - validation: samples to measure on after each epoch; `validationSplit` takes them from
    ///     the end of `data` instead.
    /// - Returns: what was measured.
    /// - Throws: ``TrainingError`` or ``ModelError`` if model, data and loss do not fit together.
    @discardableResult
    public mutating func fit(
        _ data: Dataset, loss: Loss, optimizer: Optimizer = .rmsprop(), metrics: [Metric] = [],
        epochs: Int = 1, batchSize: Int = 32, validation: Dataset? = nil,
        validationSplit: Double = 0, shuffle: Bool = true, seed: UInt64 = 0,
        classWeights: [Int: Double]? = nil, callbacks: [any Callback] = [], threads: Int? = nil
    ) throws -> History {
        compile(TrainingSetup(optimizer: optimizer, loss: loss, metrics: metrics))
        let options = FitOptions(
            epochs: epochs, batchSize: batchSize, validationSplit: validationSplit,
            shuffles: shuffle, seed: seed, classWeights: classWeights, threads: threads)
        return try fit(data, options: options, validation: validation, callbacks: callbacks)
    }

    /// Trains the model as it was compiled, here or by Keras, and goes on from the optimizer's state
    /// where there is one.
    ///
    /// - Parameter isStopRequested: asked after every batch; training then ends and the model keeps
    ///   what it has learned. With ``FitOptions/backup`` the next call goes on from there.
    /// - Throws: ``TrainingError/loss(_:)`` if the model was not compiled.
    @discardableResult
    public mutating func fit(
        _ data: Dataset, options: FitOptions, validation: Dataset? = nil,
        callbacks: [any Callback] = [], isStopRequested: @escaping () -> Bool = { false }
    ) throws -> History {
        guard let setup = try trainingSetup() else {
            throw TrainingError.loss("the model is not compiled; give a loss and an optimizer")
        }
        var loop = try TrainingLoop(
            &self, setup: setup, parts: DataParts(data, validation: validation, options: options),
            options: options, callbacks: callbacks, isStopRequested: isStopRequested)
        let run = try loop.run()
        self = try run.model
        return run.history
    }

    /// Measures loss and metrics as the model was compiled.
    ///
    /// - Parameter communicator: what the batches are shared out by; see ``FitOptions/communicator``.
    /// - Returns: `loss` and the metrics by name, in order.
    /// - Throws: ``TrainingError/loss(_:)`` if the model was not compiled.
    public func evaluate(
        _ data: Dataset, batchSize: Int = 32, threads: Int? = nil,
        communicator: (any Communicator)? = nil
    ) throws -> [(name: String, value: Double)] {
        guard let setup = try trainingSetup() else {
            throw TrainingError.loss("the model is not compiled; give a loss")
        }
        guard batchSize > 0 else {
            throw TrainingError.argument(
                name: "batch size", cause: "\(batchSize), at least 1 expected")
        }
        let trainer = try Trainer(
            self, setup: setup, trains: false, seed: 0, workers: Workers(count: threads),
            group: communicator.map { RankGroup($0) })
        let feeder = try trainer.feeder(DataPart(data), batchSize)
        return try trainer.evaluate(feeder).results()
    }
}
