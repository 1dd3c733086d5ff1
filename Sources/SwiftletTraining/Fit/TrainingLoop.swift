internal import SwiftletDataset
internal import SwiftletLayers
internal import SwiftletTensor

/// Epochs and batches, and who is told of them.
struct TrainingLoop {
    private let trainer: Trainer
    private let training: BatchFeeder
    private let validation: BatchFeeder?
    private let options: FitOptions
    private var callbacks: [any Callback]
    private let isStopRequested: () -> Bool
    private let state: TrainingRun
    /// Whole epochs that were made before this training, so that one that is resumed shuffles on.
    private let epochsBefore: Int

    init(
        _ model: inout Model, setup: TrainingSetup, data: Dataset, validation: Dataset?,
        options: FitOptions, callbacks: [any Callback], isStopRequested: @escaping () -> Bool
    ) throws {
        try Self.check(options)
        let workers = Workers(count: options.threads)
        try model.initialize(seed: options.seed)
        let trainer = try Trainer(
            model, setup: setup, trains: true, seed: options.seed, workers: workers)
        if let saved = model.compilation?.optimizerState, !saved.isEmpty {
            try trainer.optimizer?.restore(saved)
        }
        var (data, held) = (data, validation)
        if held == nil, options.validationSplit > 0 {
            let parts = try data.split(lastForValidation: options.validationSplit)
            (data, held) = (parts.train, parts.validation)
        }
        let training = try trainer.feeder(
            data, sampleWeights: data.weights(classes: options.classWeights), options.batchSize)
        self.validation = try held.map {
            try trainer.feeder(
                $0, sampleWeights: $0.sampleWeights,
                options.validationBatchSize ?? options.batchSize)
        }
        (self.trainer, self.training) = (trainer, training)
        epochsBefore = (trainer.optimizer?.iteration ?? 0) / training.batchCount
        self.options = options
        self.callbacks = callbacks
        self.isStopRequested = isStopRequested
        state = TrainingRun(
            trainer, model: model, setup: setup, epochs: options.epochs,
            batchesPerEpoch: training.batchCount, sampleCount: training.count)
    }

    private static func check(_ options: FitOptions) throws {
        for (name, number) in [
            ("epochs", options.epochs), ("batch size", options.batchSize),
            ("validation batch size", options.validationBatchSize ?? 1),
            ("threads", options.threads ?? 1),
        ] where number < 1 {
            throw TrainingError.argument(name: name, cause: "\(number), at least 1 expected")
        }
    }

    /// Makes all epochs, or as many as are let.
    mutating func run() throws -> TrainingRun {
        try tell { try $0.trainingBegins($1) }
        epochs: for epoch in 0..<options.epochs {
            state.epoch = epoch
            try tell { try $0.epochBegins($1) }
            guard try trainEpoch(epoch) else { break epochs }
            try tell { try $0.epochEnds($1) }
            state.history.append(state.logs)
            if let reason = state.stopReason {
                state.history.end = .stopped(reason)
                break epochs
            }
        }
        trainer.finish()
        try tell { try $0.trainingEnds($1) }
        return state
    }

    /// - Returns: false if the epoch was interrupted.
    private mutating func trainEpoch(_ epoch: Int) throws -> Bool {
        let order =
            options.shuffles
            ? CounterRandom(seed: options.seed, name: "shuffle \(epochsBefore + epoch)")
                .permutation(of: training.count) : Array(0..<training.count)
        var totals = Totals()
        for batch in 0..<training.batchCount {
            if isStopRequested() {
                state.history.end = .interrupted
                return false
            }
            state.batch = batch
            try tell { try $0.batchBegins($1) }
            try trainer.train(training, Array(order[training.range(batch)]), into: &totals)
            state.batchLoss = totals.lastLoss
            if !callbacks.isEmpty {
                state.logs = totals.results()
                try tell { try $0.batchEnds($1) }
            }
            if state.stopReason != nil { break }
        }
        state.logs = totals.results()
        if let validation {
            try tell { try $0.validationBegins($1) }
            let results = try trainer.evaluate(validation, isStopped: isStopRequested)
            if isStopRequested() {
                state.history.end = .interrupted
                return false
            }
            state.logs += results.results(prefix: "val_")
            try tell { try $0.validationEnds($1) }
        }
        return true
    }

    private mutating func tell(
        _ body: (inout any Callback, TrainingRun) throws -> Void
    ) throws {
        for index in callbacks.indices { try body(&callbacks[index], state) }
    }
}

extension Trainer {
    /// Checks data against the model and makes them ready to be cut into batches.
    func feeder(_ data: Dataset, sampleWeights: Tensor?, _ batchSize: Int) throws -> BatchFeeder {
        let feeder = try BatchFeeder(
            data, network: network, setup: setup, sampleWeights: sampleWeights,
            batchSize: batchSize)
        let outputs = try network.shapes().outputs
        for (index, name) in setup.outputNames.enumerated() where setup.takesClassNumbers(index) {
            guard let classes = outputs[index].last ?? nil, let tensor = feeder.targets(of: index)
            else { continue }
            try data.checkClassNumbers(
                name, classes: classes, ignoring: setup.ignoredClass(index), in: tensor)
        }
        return feeder
    }
}
