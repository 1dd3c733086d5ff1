internal import SwiftletFiles

/// A condition that a weight is brought back to after every training step; Keras's constraints.
public enum Constraint: Sendable, Hashable {
    /// The norm along `axes` is at most `maximum`.
    case maxNorm(maximum: Double = 2, axes: [Int] = [0])
    case minMaxNorm(minimum: Double = 0, maximum: Double = 1, rate: Double = 1, axes: [Int] = [0])
    case unitNorm(axes: [Int] = [0])
    case nonNegative
}

extension Constraint {
    init(json: JSON, key: String) throws {
        let name = json.string ?? json["class_name"]?.string
        let config = json["config"] ?? [:]
        func number(_ key: String, _ fallback: Double) -> Double { config[key]?.double ?? fallback }
        let axes =
            config["axis"]?.int.map { [$0] } ?? config["axis"]?.array?.compactMap(\.int) ?? [0]
        switch name {
        case "MaxNorm", "max_norm", "maxnorm", "UnitNormMax":
            self = .maxNorm(maximum: number("max_value", 2), axes: axes)
        case "MinMaxNorm", "min_max_norm":
            self = .minMaxNorm(
                minimum: number("min_value", 0), maximum: number("max_value", 1),
                rate: number("rate", 1), axes: axes)
        case "UnitNorm", "unit_norm", "unitnorm": self = .unitNorm(axes: axes)
        case "NonNeg", "non_neg", "nonneg": self = .nonNegative
        default:
            throw ModelError.config(
                key: key, cause: "constraint \(name.map { "\"\($0)\"" } ?? "") is unknown")
        }
    }

    var json: JSON {
        func object(_ name: String, _ config: JSON) -> JSON {
            kerasObject(module: "keras.constraints", className: name, config: config)
        }
        func list(_ axes: [Int]) -> JSON {
            axes.count == 1 ? .int(axes[0]) : .array(axes.map(JSON.int))
        }
        return switch self {
        case .maxNorm(let maximum, let axes):
            object("MaxNorm", ["max_value": .double(maximum), "axis": list(axes)])
        case .minMaxNorm(let minimum, let maximum, let rate, let axes):
            object(
                "MinMaxNorm",
                [
                    "min_value": .double(minimum), "max_value": .double(maximum),
                    "rate": .double(rate), "axis": list(axes),
                ])
        case .unitNorm(let axes): object("UnitNorm", ["axis": list(axes)])
        case .nonNegative: object("NonNeg", [:])
        }
    }
}
