package import SwiftletFiles
internal import SwiftletLayers

/// How gradients change the weights: a rule, its learning rate and what goes with every rule.
///
/// The rules are those of Keras 3, number for number.
public struct Optimizer: Sendable {
    let rule: any UpdateRule
    public var learningRate: LearningRate
    public var options: OptimizerOptions

    init(_ rule: any UpdateRule, _ learningRate: LearningRate, _ options: OptimizerOptions) {
        self.rule = rule
        self.learningRate = learningRate
        self.options = options
    }

    private static let rules: [any UpdateRule.Type] = [
        SGD.self, RMSprop.self, Adam.self, AdamW.self, Nadam.self, Adamax.self, Adagrad.self,
        Adadelta.self, Ftrl.self, Lion.self, ScheduleFreeAdamW.self,
    ]

    /// The Keras class names of all optimizers.
    public static var names: [String] { rules.map { $0.className } }

    /// The Keras class name, e.g. `Adam`.
    public var name: String { type(of: rule).className }

    /// The optimizer of that name with Keras's default options; capitals do not matter.
    ///
    /// - Throws: ``TrainingError/unknown(kind:name:)``.
    public init(named name: String) throws { try self.init(json: .string(name)) }

    /// Reads a name or a serialized optimizer of any Keras era.
    package init(json: JSON) throws {
        let object = try KerasObject(json, kind: "optimizer")
        // Keras 2's names of today's and of the former implementation.
        let prefixes = ["legacy", "experimental", "keras", "custom"]
        let name = object.name.lowercased()
        guard
            let type = Self.rules.first(where: { type in
                let known = type.className.lowercased()
                return name == known || prefixes.contains { name == $0 + known }
            })
        else { throw object.unknown }
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
        var config: JSONObject = [
            "name": .string(snakeCase(name)), "learning_rate": learningRate.json,
        ]
        for (key, value) in options.config { config[key] = value }
        for (key, value) in rule.config { config[key] = value }
        return kerasObject(
            module: "keras.optimizers", className: name, config: .object(config))
    }
}
