public import SwiftletFiles
internal import SwiftletLayers

/// How gradients change the weights: a rule, its learning rate and what goes with every rule.
///
/// The rules are those of Keras 3, number for number.
public struct Optimizer: Sendable {
    let rule: any UpdateRule
    public var learningRate: LearningRate
    public var options: OptimizerOptions
    /// Scales the loss while training; nil for not at all.
    public var dynamicLossScale: DynamicLossScale?
    /// Optimizers of some weights, by regular expressions that match their whole paths; Keras's
    /// `MultiOptimizer`, of which this optimizer is the default.
    public internal(set) var parts: [(pattern: String, optimizer: Optimizer)] = []

    init(_ rule: any UpdateRule, _ learningRate: LearningRate, _ options: OptimizerOptions) {
        self.rule = rule
        self.learningRate = learningRate
        self.options = options
    }

    private static let rules: [any UpdateRule.Type] = [
        SGD.self, RMSprop.self, Adam.self, AdamW.self, Nadam.self, Adamax.self, Adagrad.self,
        Adadelta.self, Ftrl.self, Lion.self, ScheduleFreeAdamW.self, Lamb.self, Adafactor.self,
        Muon.self,
    ]

    /// The Keras class names of all optimizers.
    public static var names: [String] { rules.map { $0.className } }

    /// The Keras class name, e.g. `Adam`.
    public var name: String { type(of: rule).className }

    /// The optimizer of that name with Keras's default options; capitals do not matter.
    ///
    /// - Throws: ``TrainingError/unknown(kind:name:suggestion:)``.
    public init(named name: String) throws { try self.init(json: .string(name)) }

    /// The optimizer of that Keras class with Keras's options.
    ///
    /// - Throws: ``TrainingError`` naming what is unknown or out of its range.
    public init(named className: String, options: JSONObject) throws {
        try self.init(json: ["class_name": .string(className), "config": .object(options)])
    }

    /// Reads a name or a serialized optimizer of any Keras era.
    package init(json: JSON) throws {
        try self.init(KerasObject(json, kind: "optimizer"), depth: 0)
    }

    private init(_ object: KerasObject, depth: Int) throws {
        let name = object.name.lowercased()
        if let wrapper = Self.wrappers[name] {
            guard depth < 2 else { throw object.unknown(among: []) }
            self = try object.reading { try wrapper($0, depth + 1) }
            return
        }
        // Keras 2's names of today's and of the former implementation.
        let prefixes = ["legacy", "experimental", "keras", "custom"]
        guard
            let type = Self.rules.first(where: { type in
                let known = type.className.lowercased()
                return name == known || prefixes.contains { name == $0 + known }
            })
        else { throw object.unknown(among: Self.rules.map { $0.className.lowercased() }) }
        self = try object.reading { config in
            let rate = config.value("learning_rate") ?? config.value("lr")
            return Optimizer(
                try type.init(config: config),
                try rate.map { try LearningRate(json: $0) }
                    ?? .constant(type.defaultLearningRate),
                try OptimizerOptions(config: config, weightDecay: type.defaultWeightDecay))
        }
    }

    /// The object that Keras 3 writes, without a registered name.
    package var json: JSON {
        guard let dynamicLossScale else { return unscaledJSON }
        return Self.object(
            "LossScaleOptimizer",
            [
                "inner_optimizer": unscaledJSON,
                "initial_scale": .double(dynamicLossScale.initial),
                "dynamic_growth_steps": .int(dynamicLossScale.growthSteps),
            ])
    }

    private var unscaledJSON: JSON {
        guard !parts.isEmpty else { return ruleJSON }
        var members = JSONObject()
        for part in parts { members[part.pattern] = part.optimizer.ruleJSON }
        let map = kerasObject(
            module: "keras.optimizers", className: "OptimizerMap",
            config: ["default_optimizer": ruleJSON, "optimizer_map": .object(members)])
        return Self.object(
            "MultiOptimizer",
            ["optimizer_map": map, "loss_scale_factor": options.lossScaleFactor.json])
    }

    private var ruleJSON: JSON {
        var config: JSONObject = ["learning_rate": learningRate.json]
        for (key, value) in options.config { config[key] = value }
        for (key, value) in rule.config { config[key] = value }
        return Self.object(name, config)
    }

    private static func object(_ className: String, _ config: JSONObject) -> JSON {
        var named: JSONObject = ["name": .string(snakeCase(className))]
        for (key, value) in config { named[key] = value }
        return kerasObject(
            module: "keras.optimizers", className: className, config: .object(named))
    }
}

// MARK: - Optimizers around optimizers

extension Optimizer {
    private typealias Wrapper = @Sendable (LayerConfig, Int) throws -> Optimizer

    /// By their names in small letters, Keras 2's among them.
    private static let wrappers: [String: Wrapper] = [
        "lossscaleoptimizer": scaled, "lossscaleoptimizerv1": scaled,
        "lossscaleoptimizerv3": scaled, "multioptimizer": several,
    ]

    private static let scaled: Wrapper = { config, depth in
        guard let inner = config.value("inner_optimizer") ?? config.value("optimizer") else {
            throw ModelError.config(key: "inner_optimizer", cause: "missing")
        }
        var optimizer = try Optimizer(KerasObject(inner, kind: "optimizer"), depth: depth)
        let initial = try config.optionalPositive("initial_scale")
        if try config.bool("dynamic", default: true) {
            optimizer.options.lossScaleFactor = nil
            optimizer.dynamicLossScale = DynamicLossScale(
                initial: initial ?? 32768,
                growthSteps: try config.positiveInt("dynamic_growth_steps", default: 2000))
        } else {
            optimizer.options.lossScaleFactor = initial
        }
        return optimizer
    }

    private static let several: Wrapper = { config, depth in
        guard let map = config.value("optimizer_map")?["config"],
            let main = map["default_optimizer"], let members = map["optimizer_map"]?.object
        else {
            throw ModelError.config(
                key: "optimizer_map", cause: "an OptimizerMap with a default expected")
        }
        let scale = try config.optionalPositive("loss_scale_factor")
        func read(_ json: JSON) throws -> Optimizer {
            var optimizer = try Optimizer(KerasObject(json, kind: "optimizer"), depth: depth)
            guard optimizer.parts.isEmpty, optimizer.dynamicLossScale == nil else {
                throw ModelError.config(
                    key: "optimizer_map", cause: "optimizers around optimizers are not possible")
            }
            optimizer.options.lossScaleFactor = scale
            return optimizer
        }
        var optimizer = try read(main)
        for (pattern, json) in members { try optimizer.set(read(json), for: pattern) }
        return optimizer
    }

    /// This optimizer, and another for the weights whose paths (`dense/kernel`) the regular expression
    /// matches as a whole.
    ///
    /// - Throws: ``TrainingError/option(object:key:cause:)`` if `pattern` is no regular expression.
    public func with(_ optimizer: Optimizer, forWeightsMatching pattern: String) throws -> Optimizer
    {
        var result = self
        try result.set(optimizer, for: pattern)
        return result
    }

    private mutating func set(_ optimizer: Optimizer, for pattern: String) throws {
        guard (try? Regex(pattern)) != nil else {
            throw TrainingError.option(
                object: "optimizer", key: pattern, cause: "is no regular expression")
        }
        parts.append((pattern, optimizer))
    }

    /// The position of the part whose pattern matches a weight; nil for none.
    ///
    /// - Parameter model: Keras's paths of weights of a chain begin with the chain's name.
    /// - Throws: ``TrainingError/argument(name:cause:)`` if several match.
    func part(for path: String, of model: String?) throws -> Int? {
        let names = [path] + (model.map { ["\($0)/\(path)"] } ?? [])
        if let exact = parts.firstIndex(where: { names.contains($0.pattern) }) { return exact }
        let matching = parts.indices.filter { index in
            guard let regex = try? Regex(parts[index].pattern) else { return false }
            return names.contains { $0.wholeMatch(of: regex) != nil }
        }
        guard matching.count < 2 else {
            throw TrainingError.argument(
                name: "optimizer", cause: "several optimizers are meant for '\(path)'")
        }
        return matching.first
    }
}
