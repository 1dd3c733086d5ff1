internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Divides the gradient by the root of its mean square, of which only the means over rows and over
/// columns are remembered; the step is relative to the weight's own size.
///
/// - SeeAlso: Shazeer & Stern 2018, arXiv:1804.04235.
struct Adafactor: UpdateRule {
    static let className = "Adafactor"
    static let defaultLearningRate = 0.001
    let exponent: Double
    let epsilon1: Double
    let epsilon2: Double
    let threshold: Double
    /// Kept for files: the rate is never above one over the root of the step, with it or without.
    let isRelative: Bool

    init(config: LayerConfig) throws {
        exponent = try config.double("beta_2_decay", default: -0.8)
        epsilon1 = try config.double("epsilon_1", default: 1e-30)
        epsilon2 = try config.double("epsilon_2", default: 1e-3)
        threshold = try config.double("clip_threshold", default: 1)
        isRelative = try config.bool("relative_step", default: true)
    }

    var config: JSONObject {
        [
            "beta_2_decay": .double(exponent), "epsilon_1": .double(epsilon1),
            "epsilon_2": .double(epsilon2), "clip_threshold": .double(threshold),
            "relative_step": .bool(isRelative),
        ]
    }

    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]] {
        let velocity = OptimizerSlot("velocity", shape)
        let extents = shape.dimensions
        guard extents.count > 1, let rows = try? Shape(Array(extents.dropLast())),
            let columns = try? Shape(Array(extents.dropLast(2)) + extents.suffix(1))
        else {
            // Keras makes two whole numbers in their place.
            return [[OptimizerSlot(unused: "row"), OptimizerSlot(unused: "column"), velocity]]
        }
        return [[OptimizerSlot("row", rows), OptimizerSlot("column", columns), velocity]]
    }

    func graphStep(path: String, shape: Shape) -> GraphStep? {
        GraphStep { step in
            [min(step.rate, 1 / step.number.squareRoot()), 1 - power(step.number, Float(exponent))]
        } build: { x, graph in
            let square = try graph.add(x.square, graph.constant(Float(epsilon1)))
            let (velocity, means) = try velocity(square, x, in: &graph)
            let update = try graph.divide(x.gradient, graph.squareRoot(velocity))
            // Of the squares, not of the update: parts of a gradient are squared one by one.
            let mean = try graph.meanOfAll(graph.divide(x.square, velocity))
            let excess = try graph.scale(graph.squareRoot(mean), by: Float(1 / threshold))
            let clipped = try graph.divide(
                update, graph.maximum(graph.constant(1), excess))
            let size = try graph.maximum(
                graph.constant(Float(epsilon2)),
                graph.squareRoot(graph.meanOfAll(graph.square(x.weight))))
            let change = try graph.multiply(graph.multiply(size, x.numbers[0]), clipped)
            return (try graph.subtract(x.weight, change), means + [velocity])
        }
    }

    /// The running mean of squares, and the means over rows and columns that it is made of.
    private func velocity(
        _ square: Value, _ x: RuleOperands, in graph: inout Graph
    ) throws -> (Value, means: [Value]) {
        let beta = x.numbers[1]
        let rest = try graph.subtract(graph.constant(1), beta)
        func blended(_ old: Value, _ new: Value) throws -> Value {
            try graph.add(graph.multiply(beta, old), graph.multiply(rest, new))
        }
        let rank = graph.shape(of: square).rank
        guard rank > 1 else { return (try blended(x.slots[0], square), []) }
        let row = try blended(x.slots[0], graph.mean(square, axes: [-1]))
        let column = try blended(x.slots[1], graph.mean(square, axes: [-2]))
        let share = try graph.divide(row, graph.mean(row, axes: [-1], keepsDimensions: true))
        let rows = graph.shape(of: row).dimensions
        let columns = graph.shape(of: column).dimensions
        let velocity = try graph.multiply(
            graph.reshape(share, to: rows + [1]),
            graph.reshape(column, to: Array(columns.dropLast()) + [1] + columns.suffix(1)))
        return (velocity, [row, column])
    }
}

extension Graph {
    /// A scalar.
    fileprivate mutating func meanOfAll(_ x: Value) throws -> Value {
        try mean(x, axes: Array(shape(of: x).indices))
    }
}

extension Optimizer {
    /// Remembers little, and steps in proportion to a weight's size.
    public static func adafactor(
        learningRate: LearningRate = 0.001, options: OptimizerOptions = OptimizerOptions()
    ) throws -> Optimizer {
        var optimizer = try Optimizer(named: "adafactor")
        (optimizer.learningRate, optimizer.options) = (learningRate, options)
        return optimizer
    }
}
