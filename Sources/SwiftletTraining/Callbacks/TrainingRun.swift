internal import SwiftletFiles
public import SwiftletLayers
internal import SwiftletTensor

/// A training while it runs: what callbacks see and may change.
public final class TrainingRun {
    /// Epochs to make.
    public let epochs: Int
    public let batchesPerEpoch: Int
    /// Samples trained on, without those of validation.
    public let sampleCount: Int
    /// The layers that got their statistics from the training samples; see ``FitOptions/adaptsLayers``.
    public internal(set) var adaptedLayers: [String] = []
    /// The epoch, from 0.
    public internal(set) var epoch = 0
    /// The batch within the epoch, from 0.
    public internal(set) var batch = 0
    /// Loss and metrics by name, in order.
    public internal(set) var logs: [(name: String, value: Double)] = []
    /// The loss of the last batch alone.
    public internal(set) var batchLoss = 0.0
    /// The epochs before this one.
    public internal(set) var history = History()
    /// Whether the training goes on where an earlier process stopped.
    public internal(set) var isResumed = false
    private(set) var stopReason: String?

    private let trainer: Trainer
    private let original: Model
    private let setup: TrainingSetup

    init(
        _ trainer: Trainer, model: Model, setup: TrainingSetup, epochs: Int, batchesPerEpoch: Int,
        sampleCount: Int
    ) {
        (self.trainer, original, self.setup) = (trainer, model, setup)
        (self.epochs, self.batchesPerEpoch) = (epochs, batchesPerEpoch)
        self.sampleCount = sampleCount
    }

    /// One of ``logs``; nil if there is none of that name.
    public func log(_ name: String) -> Double? { logs.first { $0.name == name }?.value }

    /// Adds to ``logs``, or changes them: for callbacks that measure something themselves. The history
    /// gets the logs as the callbacks leave them.
    public func set(_ name: String, to value: Double) {
        if let index = logs.firstIndex(where: { $0.name == name }) {
            logs[index].value = value
        } else {
            logs.append((name, value))
        }
    }

    /// The optimizer's learning rate for the next step. A rate that follows a schedule stays what
    /// the schedule says.
    public var learningRate: Double {
        get { Double(trainer.optimizer?.currentRate ?? 0) }
        set { trainer.optimizer?.learningRate = Float(newValue) }
    }

    /// The norms of the last step's gradients, by the weights' paths, in the model's order; for callbacks
    /// at the end of a batch.
    public var gradientNorms: [(weight: String, norm: Double)] { trainer.gradientNorms }

    func observeSteps(with clock: StepClock) { trainer.clock = clock }

    /// Steps made, those of earlier trainings that this one goes on from included.
    public var iteration: Int { trainer.optimizer?.iteration ?? 0 }

    /// Whether the optimizer keeps averages of the weights.
    public var keepsAverages: Bool {
        trainer.optimizer?.averages.contains { $0 != nil } ?? false
    }

    /// Puts the averages that the optimizer keeps in place of the weights, which it keeps in their place
    /// then; once more puts all back. A training that ends so leaves the averages in the model.
    public func swapAverages() throws { trainer.swapAverages() }

    /// Whether the averages are in place of the weights; set where a state that was saved so is resumed.
    var showsAverages: Bool {
        get { trainer.showsAverages }
        set { trainer.showsAverages = newValue }
    }

    /// Ends the training after this batch.
    public func stop(_ reason: String) { stopReason = stopReason ?? reason }

    /// The model as it is now, with the optimizer's state.
    public var model: Model {
        get throws {
            var model = original
            model.tensors = trainer.tensors
            model.states = trainer.states.tensors
            var setup = setup
            if case .constant = setup.optimizer.learningRate.kind, let state = trainer.optimizer {
                setup.optimizer.learningRate = .constant(Double(state.learningRate))
            }
            model.compilation = Compilation(
                config: setup.compileConfig,
                optimizerState: try trainer.optimizer?.variables() ?? [])
            return model
        }
    }

    /// The weights as they are now.
    public var weights: WeightSnapshot {
        WeightSnapshot(tensors: trainer.tensors, names: trainer.specs.map(\.path))
    }

    /// Puts the weights back to what they were.
    public func restore(_ snapshot: WeightSnapshot) throws {
        try trainer.setWeights(snapshot.tensors)
    }
}

/// A model's weights at one time.
public struct WeightSnapshot: Sendable {
    let tensors: [String: Tensor]
    /// Their paths in the model's order, as far as it is known.
    var names: [String] = []

    var inOrder: [(path: String, tensor: Tensor)] {
        names.compactMap { name in tensors[name].map { (name, $0) } }
    }
}
