internal import SwiftletFiles
internal import SwiftletLayers

/// What every optimizer can do beside its own rule.
public struct OptimizerOptions: Sendable {
    /// How gradients are kept from being too large.
    public enum Clipping: Sendable, Hashable {
        /// The norm of each weight's gradient is at most this.
        case norm(Double)
        /// The norm of all gradients together is at most this.
        case globalNorm(Double)
        /// Each element lies between this and its negative.
        case value(Double)
    }

    /// An exponential moving average of the weights, which the trained model gets in the end.
    public struct Average: Sendable, Hashable {
        public var momentum: Double
        /// Also put the averages in place of the weights every so many steps.
        public var overwriteFrequency: Int?

        public init(momentum: Double = 0.99, overwriteFrequency: Int? = nil) {
            self.momentum = momentum
            self.overwriteFrequency = overwriteFrequency
        }
    }

    /// The part of each weight that is taken off per step, times the learning rate.
    public var weightDecay: Double?
    /// Regular expressions: weights in whose own names (`bias`, `gamma`) one occurs do not decay.
    /// Keras's `exclude_from_weight_decay`, which its files do not keep.
    public var weightDecayExclusions: [String] = []
    public var clipping: Clipping?
    public var average: Average?
    /// Steps over whose gradients the mean is taken before the weights change, at least 2.
    public var accumulationSteps: Int?
    /// What the loss is multiplied by before its gradients are taken, which are then divided by it.
    public var lossScaleFactor: Double?
    /// Kept for files where no average is made.
    var unusedMomentum = 0.99

    public init(
        weightDecay: Double? = nil, clipping: Clipping? = nil, average: Average? = nil,
        accumulationSteps: Int? = nil
    ) {
        self.weightDecay = weightDecay
        self.clipping = clipping
        self.average = average
        self.accumulationSteps = accumulationSteps
    }

    init(config: LayerConfig, weightDecay fallback: Double?) throws {
        weightDecay =
            config.json["weight_decay"] == nil
            ? fallback
            : config.value("weight_decay") == nil ? nil : try config.double("weight_decay")
        let clips: [Clipping] = [
            try config.optionalPositive("clipnorm").map(Clipping.norm),
            try config.optionalPositive("global_clipnorm").map(Clipping.globalNorm),
            try config.optionalPositive("clipvalue").map(Clipping.value),
        ].compactMap { $0 }
        guard clips.count < 2 else {
            throw ModelError.config(
                key: "clipnorm", cause: "only one of clipnorm, global_clipnorm and clipvalue")
        }
        clipping = clips.first
        unusedMomentum = try config.number("ema_momentum", default: 0.99, in: 0...1)
        if try config.bool("use_ema", default: false) {
            average = Average(
                momentum: unusedMomentum,
                overwriteFrequency: try config.optionalPositiveInt("ema_overwrite_frequency"))
        }
        accumulationSteps = try config.optionalPositiveInt("gradient_accumulation_steps")
        if let steps = accumulationSteps, steps < 2 {
            throw ModelError.config(
                key: "gradient_accumulation_steps", cause: "\(steps), at least 2 expected")
        }
        lossScaleFactor = try config.optionalPositive("loss_scale_factor")
        weightDecayExclusions = try (config.value(Self.exclusions)?.array ?? []).map { pattern in
            guard let text = pattern.string, (try? Regex(text)) != nil else {
                throw ModelError.config(
                    key: Self.exclusions, cause: "\(pattern.text()) is no regular expression")
            }
            return text
        }
    }

    /// Not a word of Keras's files: kept while a model is in memory.
    private static let exclusions = "exclude_from_weight_decay"

    /// Whether the weight at `path` does not decay.
    func excludesFromWeightDecay(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return weightDecayExclusions.contains { name.contains(pattern: $0) }
    }

    var config: JSONObject {
        var norm: Double?
        var globalNorm: Double?
        var value: Double?
        switch clipping {
        case .norm(let limit): norm = limit
        case .globalNorm(let limit): globalNorm = limit
        case .value(let limit): value = limit
        case nil: break
        }
        var result: JSONObject = [
            "weight_decay": weightDecay.json, "clipnorm": norm.json,
            "global_clipnorm": globalNorm.json, "clipvalue": value.json,
            "use_ema": .bool(average != nil),
            "ema_momentum": .double(average?.momentum ?? unusedMomentum),
            "ema_overwrite_frequency": (average?.overwriteFrequency).json,
            "loss_scale_factor": lossScaleFactor.json,
            "gradient_accumulation_steps": accumulationSteps.json,
        ]
        if !weightDecayExclusions.isEmpty {
            result[Self.exclusions] = .array(weightDecayExclusions.map(JSON.string))
        }
        return result
    }
}

extension LayerConfig {
    fileprivate func optionalPositiveInt(_ key: String) throws -> Int? {
        value(key) == nil ? nil : try positiveInt(key)
    }
}
