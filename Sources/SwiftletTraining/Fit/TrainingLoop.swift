internal import SwiftletDataset
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Epochs and batches, and who is told of them.
struct TrainingLoop {
    private let trainer: Trainer
    private let training: BatchFeeder
    private let validation: BatchFeeder?
    private let options: FitOptions
    private var callbacks: [any Callback]
    private let isStopRequested: () throws -> Bool
    private let group: RankGroup?
    private let state: TrainingRun
    /// Whole epochs that were made before this training, so that one that is resumed shuffles on.
    private let epochsBefore: Int
    /// The next batch, and what the ones of its epoch before it gave.
    private var place = TrainingState.Place()
    private var totals: Totals
    private var backup: BackupWriter?

    init(
        _ model: inout Model, setup: TrainingSetup, parts: DataParts, options: FitOptions,
        callbacks: [any Callback], isStopRequested: @escaping () -> Bool = { false }
    ) throws {
        try Self.check(options)
        let workers = Workers(count: options.threads)
        let group = options.communicator.map { RankGroup($0) }
        let adapted =
            options.adaptsLayers
            ? try model.adapt(
                to: parts.training.data, onlyMissing: true, rows: parts.training.rows) : []
        try model.initialize(seed: options.seed)
        let trainer = try Trainer(
            model, setup: setup, trains: true, seed: options.seed, workers: workers,
            group: group)
        if let saved = model.compilation?.optimizerState, !saved.isEmpty {
            try trainer.optimizer?.restore(saved)
        }
        backup = options.backup.map {
            BackupWriter(
                $0, startDigest: TrainingJob.digest(ofWeights: model),
                job: TrainingJob(
                    model, setup: setup, parts: parts, options: options, callbacks: callbacks),
                isWriter: group?.rank ?? 0 == 0)
        }
        training = try trainer.feeder(parts.training, options.batchSize)
        validation = try parts.validation.map {
            try trainer.feeder($0, options.validationBatchSize ?? options.batchSize)
        }
        self.trainer = trainer
        totals = Totals(trainer.setup)
        epochsBefore = (trainer.optimizer?.iteration ?? 0) / training.batchCount
        self.options = options
        self.callbacks = callbacks
        self.group = group
        self.isStopRequested = { try group?.any(isStopRequested()) ?? isStopRequested() }
        state = TrainingRun(
            trainer, model: model, setup: setup, epochs: options.epochs,
            batchesPerEpoch: training.batchCount, sampleCount: training.count)
        state.adaptedLayers = adapted
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
        try resume()
        try checkAgreement()
        while place.epoch < options.epochs, state.history.end == .completed {
            state.epoch = place.epoch
            if !place.hasBegun { try tell { try $0.epochBegins($1) } }
            place.hasBegun = true
            guard try trainEpoch() else {
                state.history.end = .interrupted
                break
            }
            try checkAgreement()
            try tell { try $0.epochEnds($1) }
            state.history.append(state.logs)
            if let reason = state.stopReason { state.history.end = .stopped(reason) }
            (totals, place) = (Totals(trainer.setup), .init(epoch: place.epoch + 1))
            try backUp(isEpochEnd: true)
        }
        let last = backup == nil ? nil : try savedState()
        if let last, state.history.end == .interrupted { try backup?.save(last) }
        trainer.finish()
        state.history.communication = group.map {
            let traffic = $0.traffic
            return .init(ranks: $0.count, messages: traffic.messages, bytes: traffic.bytes)
        }
        try tell { try $0.trainingEnds($1) }
        if let last, state.history.end != .interrupted {
            try backup?.end(last, result: TrainingJob.digest(ofWeights: state.model))
        }
        return state
    }

    /// - Returns: false if the epoch was interrupted.
    private mutating func trainEpoch() throws -> Bool {
        let random = CounterRandom(
            seed: options.seed, name: "shuffle \(epochsBefore + place.epoch)")
        let pass = training.pass(
            order: options.shuffles ? random.permutation(of: training.count) : nil)
        while place.batch < training.batchCount, place.batch == 0 || state.stopReason == nil {
            if try isStopRequested() { return false }
            state.batch = place.batch
            try tell { try $0.batchBegins($1) }
            try trainer.train(pass, batch: place.batch, into: &totals)
            state.batchLoss = totals.lastLoss
            state.history.startLoss = state.history.startLoss ?? totals.lastLoss
            place.batch += 1
            if !callbacks.isEmpty {
                state.logs = totals.results()
                try tell { try $0.batchEnds($1) }
            }
            try backUp(isEpochEnd: false)
        }
        state.logs = totals.results()
        if let validation {
            try tell { try $0.validationBegins($1) }
            let before = trainer.states
            let results = try trainer.evaluate(validation, isStopped: isStopRequested)
            if try isStopRequested() {
                // It is made again as a whole when the training goes on.
                trainer.states = before
                return false
            }
            state.logs += results.results(prefix: "val_")
            try tell { try $0.validationEnds($1) }
        }
        return true
    }

    /// Loss and metrics on the validation samples, with the weights as they are; nil without such.
    func evaluated() throws -> [(name: String, value: Double)]? {
        try validation.map { try trainer.evaluate($0).results() }
    }

    // MARK: State

    /// Checks that all ranks have the same weights, as they must have after the same steps.
    private func checkAgreement() throws {
        guard let group else { return }
        guard try group.agree(on: trainer.digest) else {
            throw CommunicationError(
                "the ranks' weights differ; all of them need the same model, data and options, and "
                    + "processors with the same instruction sets")
        }
    }

    private mutating func backUp(isEpochEnd: Bool) throws {
        guard backup?.isDue(isEpochEnd: isEpochEnd) == true else { return }
        let state = try savedState()
        try backup?.save(state)
    }

    private func savedState() throws -> TrainingState {
        try TrainingState(
            place: place, totals: totals, history: state.history, stopReason: state.stopReason,
            trainer: trainer, callbacks: callbacks)
    }

    /// Goes on where an earlier process stopped, if it left its state.
    private mutating func resume() throws {
        guard let backup, var saved = try backup.saved() else { return }
        func refusal(_ cause: String) -> TrainingError { .state(path: backup.path, cause: cause) }
        guard saved.place.epoch <= options.epochs else {
            throw refusal("\(saved.place.epoch) epochs are made already")
        }
        guard saved.place.batch <= training.batchCount, totals.restore(saved.totals),
            try trainer.restore(
                saved.weights, optimizer: saved.optimizer, states: saved.states)
        else { throw refusal("damaged: it does not fit the training") }
        (place, state.history) = (saved.place, saved.history)
        (state.epoch, state.batch) = (place.epoch, max(0, place.batch - 1))
        (state.batchLoss, state.logs) = (totals.lastLoss, totals.results())
        if let reason = saved.stopReason { state.stop(reason) }
        // One that only watches may be new.
        for index in callbacks.indices {
            guard let state = saved.takeState(of: callbacks[index]) else { continue }
            try callbacks[index].resume(from: state)
        }
        state.isResumed = true
        try tell { try $0.trainingResumes($1) }
    }

    private mutating func tell(
        _ body: (inout any Callback, TrainingRun) throws -> Void
    ) throws {
        for index in callbacks.indices { try body(&callbacks[index], state) }
    }
}

extension Trainer {
    /// Checks data against the model and makes them ready to be cut into batches.
    func feeder(_ part: DataPart, _ batchSize: Int) throws -> BatchFeeder {
        let feeder = try BatchFeeder(
            part.data, rows: part.rows, network: network, setup: setup,
            sampleWeights: part.sampleWeights, batchSize: batchSize, group: group)
        let outputs = try network.shapes().outputs
        for (index, name) in setup.outputNames.enumerated() where setup.takesClassNumbers(index) {
            guard let classes = outputs[index].last ?? nil else { continue }
            try feeder.forEachTarget(of: index) {
                try checkClassNumbers(
                    $0, of: name, classes: classes, ignoring: setup.ignoredClass(index))
            }
        }
        return feeder
    }
}
