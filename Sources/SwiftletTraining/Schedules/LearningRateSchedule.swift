public import SwiftletFiles
internal import SwiftletLayers

/// A learning rate that changes with the number of training steps; Keras's
/// `optimizers.schedules`.
protocol LearningRateSchedule: Sendable {
    /// The Keras class name.
    static var className: String { get }

    /// What Keras calls an instance by default.
    static var defaultName: String { get }

    init(config: LayerConfig) throws

    /// The options as Keras's `get_config()` gives them, without `name`.
    var config: JSONObject { get }

    /// The rate of the step after `step` others, in single precision as Keras computes it.
    func rate(at step: Float) -> Float
}

extension LearningRateSchedule {
    static var defaultName: String { className }
}

/// The learning rate of an optimizer: a number, or a schedule.
public struct LearningRate: Sendable, ExpressibleByFloatLiteral {
    enum Kind: Sendable {
        case constant(Double)
        case schedule(any LearningRateSchedule)
    }

    let kind: Kind

    public init(floatLiteral value: Double) { kind = .constant(value) }

    /// The same rate at every step, unless a callback changes it.
    public static func constant(_ rate: Double) -> LearningRate { LearningRate(floatLiteral: rate) }

    init(_ schedule: any LearningRateSchedule) { kind = .schedule(schedule) }

    private static let schedules: [any LearningRateSchedule.Type] = [
        ExponentialDecay.self, InverseTimeDecay.self, PiecewiseConstantDecay.self,
        PolynomialDecay.self, CosineDecay.self, CosineDecayRestarts.self,
    ]

    /// Keras's names of all schedules.
    public static var names: [String] { schedules.map { $0.className } }

    /// The schedule of that Keras name (`CosineDecay` or `cosine_decay`) with Keras's options.
    ///
    /// - Throws: ``TrainingError`` naming what is unknown or out of its range.
    public init(named name: String, options: JSONObject) throws {
        try self.init(json: ["class_name": .string(name), "config": .object(options)])
    }

    /// The rate of the first step.
    package var initialRate: Double {
        switch kind {
        case .constant(let rate): rate
        case .schedule(let schedule): Double(schedule.rate(at: 0))
        }
    }

    /// Reads a number or a serialized schedule.
    package init(json: JSON) throws {
        if let rate = json.double {
            self = .constant(rate)
            return
        }
        let object = try KerasObject(json, kind: "learning-rate schedule")
        guard
            let type = Self.schedules.first(where: {
                $0.className == object.name || snakeCase($0.className) == object.name
            })
        else {
            throw object.unknown(among: Self.schedules.map { $0.className })
        }
        kind = .schedule(try object.reading { try type.init(config: $0) })
    }

    package var json: JSON {
        switch kind {
        case .constant(let rate): return .double(rate)
        case .schedule(let schedule):
            let name = type(of: schedule).className
            var config = schedule.config
            config["name"] = .string(type(of: schedule).defaultName)
            return kerasObject(
                module: "keras.optimizers.schedules", className: name, config: .object(config))
        }
    }
}
