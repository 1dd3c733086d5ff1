internal import SwiftletFiles

/// A penalty on the size of a weight or of an output, added to the loss; Keras's regularizers.
public enum Regularizer: Sendable, Hashable {
    /// `l1 · Σ|w| + l2 · Σw²`.
    case l1l2(l1: Double, l2: Double)
    /// Pulls the rows or columns of a matrix towards being orthogonal.
    case orthogonal(factor: Double = 0.01, mode: Mode = .rows)

    public enum Mode: String, Sendable, CaseIterable { case rows, columns }

    public static func l1(_ factor: Double = 0.01) -> Self { .l1l2(l1: factor, l2: 0) }
    public static func l2(_ factor: Double = 0.01) -> Self { .l1l2(l1: 0, l2: factor) }
}

extension Regularizer {
    init(json: JSON, key: String) throws {
        let name = json.string ?? json["class_name"]?.string
        let config = json["config"] ?? [:]
        func number(_ key: String, _ fallback: Double) -> Double {
            config[key]?.double ?? fallback
        }
        switch name {
        case "L1", "l1": self = .l1(number("l1", 0.01))
        case "L2", "l2": self = .l2(number("l2", 0.01))
        case "L1L2", "l1_l2":
            let fallback = json.string == nil ? 0 : 0.01
            self = .l1l2(l1: number("l1", fallback), l2: number("l2", fallback))
        case "OrthogonalRegularizer", "orthogonal_regularizer":
            self = .orthogonal(
                factor: number("factor", 0.01),
                mode: config["mode"]?.string.flatMap(Mode.init) ?? .rows)
        default:
            throw ModelError.config(
                key: key, cause: "regularizer \(name.map { "\"\($0)\"" } ?? "") is unknown")
        }
    }

    var json: JSON {
        func object(_ name: String, _ config: JSON) -> JSON {
            kerasObject(module: "keras.regularizers", className: name, config: config)
        }
        return switch self {
        case .l1l2(let l1, 0): object("L1", ["l1": .double(l1)])
        case .l1l2(0, let l2): object("L2", ["l2": .double(l2)])
        case .l1l2(let l1, let l2): object("L1L2", ["l1": .double(l1), "l2": .double(l2)])
        case .orthogonal(let factor, let mode):
            object(
                "OrthogonalRegularizer",
                ["factor": .double(factor), "mode": .string(mode.rawValue)])
        }
    }
}
