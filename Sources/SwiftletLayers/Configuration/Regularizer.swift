internal import SwiftletFiles
package import SwiftletGraph
internal import SwiftletTensor

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

extension Regularizer {
    /// Adds the penalty on `weight`, a scalar, to `graph`.
    package func penalty(on weight: Value, in graph: inout Graph) throws -> Value {
        let axes = Array(graph.shape(of: weight).indices)
        switch self {
        case .l1l2(let l1, let l2):
            var sum = try graph.constant(0)
            if l1 != 0 {
                let norm = try graph.sum(graph.unary(.abs, weight), axes: axes)
                sum = try graph.add(sum, graph.multiply(norm, graph.constant(Float(l1))))
            }
            if l2 != 0 {
                let norm = try graph.sum(graph.unary(.square, weight), axes: axes)
                sum = try graph.add(sum, graph.multiply(norm, graph.constant(Float(l2))))
            }
            return sum
        case .orthogonal(let factor, let mode):
            return try orthogonalPenalty(factor, mode, weight, in: &graph)
        }
    }

    /// `factor · Σ_{i≠j} |⟨row i, row j⟩| / (n (n − 1))` of the normalised rows or columns.
    private func orthogonalPenalty(
        _ factor: Double, _ mode: Mode, _ weight: Value, in graph: inout Graph
    ) throws -> Value {
        let shape = graph.shape(of: weight)
        guard shape.rank == 2 else {
            throw ModelError.config(
                key: "regularizer", cause: "orthogonality needs a matrix, not \(shape)")
        }
        let axis = mode == .rows ? 1 : 0
        let squares = try graph.sum(
            graph.unary(.square, weight), axes: [axis], keepsDimensions: true)
        // Keras's l2_normalize keeps the square sum above 1e-12.
        let floor = try graph.maximum(squares, graph.constant(1e-12))
        let unit = try graph.multiply(weight, graph.unary(.reciprocalSquareRoot, floor))
        let products = try graph.matmul(
            unit, unit, transposesA: mode == .columns, transposesB: mode == .rows)
        let count = shape[1 - axis]
        let off = try graph.constant(
            Tensor(
                (0..<count * count).map { $0 / count == $0 % count ? 0 : 1 as Float },
                shape: [count, count]))
        let sum = try graph.sum(
            graph.unary(.abs, graph.multiply(products, off)), axes: [0, 1])
        let pairs = Float(count * (count - 1)) / 2
        return try graph.multiply(sum, graph.constant(Float(factor) * 0.5 / max(pairs, 1)))
    }
}
