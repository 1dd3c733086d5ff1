package import SwiftletFiles
public import SwiftletLayers

/// How a model is trained: what Keras's `compile` takes.
public struct TrainingSetup: Sendable {
    public var optimizer: Optimizer
    public var losses: PerOutput<Loss>
    /// Factors of the outputs' losses in their sum; 1 where there is none.
    public var lossWeights: PerOutput<Double>?
    /// Measured without sample weights.
    public var metrics: PerOutput<[Metric]>
    /// Measured with sample weights.
    public var weightedMetrics: PerOutput<[Metric]>

    public init(
        optimizer: Optimizer, losses: PerOutput<Loss>, lossWeights: PerOutput<Double>? = nil,
        metrics: PerOutput<[Metric]> = .all([]), weightedMetrics: PerOutput<[Metric]> = .all([])
    ) {
        self.optimizer = optimizer
        self.losses = losses
        self.lossWeights = lossWeights
        self.metrics = metrics
        self.weightedMetrics = weightedMetrics
    }

    /// The same loss for every output.
    public init(
        optimizer: Optimizer, loss: Loss, metrics: [Metric] = [], weightedMetrics: [Metric] = []
    ) {
        self.init(
            optimizer: optimizer, losses: .all(loss), metrics: .all(metrics),
            weightedMetrics: .all(weightedMetrics))
    }

    /// Reads Keras 3's `compile_config`.
    ///
    /// - Throws: ``TrainingError`` naming what is unknown here.
    package init(compileConfig config: JSONObject) throws {
        func isObject(_ json: JSON) -> Bool { json.string != nil || json["class_name"] != .none }
        guard let optimizer = config["optimizer"], !optimizer.isNull else {
            throw TrainingError.loss("the model was compiled without an optimizer")
        }
        guard
            let losses = try PerOutput(
                json: config["loss"], isItem: isObject, { try Loss(json: $0) })
        else { throw TrainingError.loss("the model was compiled without a loss") }
        self.init(
            optimizer: try Optimizer(json: optimizer), losses: losses,
            lossWeights: try PerOutput(
                json: config["loss_weights"], isItem: { $0.double != nil }, Self.number),
            metrics: try Self.metrics(config["metrics"]),
            weightedMetrics: try Self.metrics(config["weighted_metrics"]))
    }

    private static func number(_ json: JSON) throws -> Double {
        guard let number = json.double else {
            throw TrainingError.option(
                object: "compile_config", key: "loss_weights", cause: "\(json.text()) is no number")
        }
        return number
    }

    /// A list of metrics for all outputs, or a list or object of such lists.
    private static func metrics(_ json: JSON?) throws -> PerOutput<[Metric]> {
        func list(_ json: JSON) throws -> [Metric] {
            try (json.array ?? [json]).map { try Metric(json: $0) }
        }
        func isFlat(_ json: JSON) -> Bool {
            guard let array = json.array else { return json["class_name"] != .none }
            return array.allSatisfy { $0.array == nil && !$0.isNull }
        }
        return try PerOutput(json: json, isItem: isFlat, list) ?? .all([])
    }

    /// The `compile_config` that Keras 3 writes.
    package var compileConfig: JSONObject {
        func metrics(_ metrics: PerOutput<[Metric]>) -> JSON {
            if case .all(let list) = metrics, list.isEmpty { return .null }
            return metrics.json { .array($0.map(\.json)) }
        }
        return [
            "optimizer": optimizer.json, "loss": losses.json(\.json),
            "loss_weights": lossWeights?.json(JSON.double) ?? .null,
            "metrics": metrics(self.metrics), "weighted_metrics": metrics(weightedMetrics),
            "run_eagerly": false, "steps_per_execution": 1, "jit_compile": false,
        ]
    }
}

extension Model {
    /// How the model is trained, if it was compiled (here or by Keras).
    ///
    /// - Throws: ``TrainingError`` if it was compiled with what is unknown here.
    public func trainingSetup() throws -> TrainingSetup? {
        try compilation.map { try TrainingSetup(compileConfig: $0.config) }
    }

    /// Sets how the model is trained; what an optimizer of before remembered is forgotten unless
    /// `keepsOptimizerState`.
    public mutating func compile(_ setup: TrainingSetup, keepsOptimizerState: Bool = false) {
        let state = keepsOptimizerState ? compilation?.optimizerState ?? [] : []
        compilation = Compilation(config: setup.compileConfig, optimizerState: state)
    }
}
