internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Pulls embeddings of one class together and pushes others away, the more the further they are from
/// where they belong; for rows of unit norm and class numbers.
///
/// - SeeAlso: Sun et al. 2020, arXiv:2002.10857.
struct Circle: LossFunction {
    static let className = "Circle"
    static let functionName = "circle"
    let gamma: Double
    let margin: Double
    /// Whether a sample is no example of its own class.
    let removesDiagonal: Bool

    init(gamma: Double, margin: Double) {
        (self.gamma, self.margin, removesDiagonal) = (gamma, margin, true)
    }

    init(config: LayerConfig) throws {
        gamma = try config.double("gamma", default: 80)
        margin = try config.double("margin", default: 0.4)
        removesDiagonal = try config.bool("remove_diagonal", default: true)
    }

    var config: JSONObject {
        [
            "gamma": .double(gamma), "margin": .double(margin),
            "remove_diagonal": .bool(removesDiagonal),
        ]
    }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let shape = graph.shape(of: prediction)
        guard shape.rank == 2, graph.shape(of: truth).elementCount == shape[0] else {
            throw TrainingError.loss(
                "one class number per embedding expected, \(graph.shape(of: truth)) for \(shape)")
        }
        let count = shape[0]
        let zero = try graph.constant(0)
        let products = try graph.matmul(prediction, prediction, transposesB: true)
        let distances = try graph.maximum(graph.subtract(graph.constant(1), products), zero)
        let isSame = try graph.compare(
            .equal, graph.reshape(truth, to: [count, 1]), graph.reshape(truth, to: [1, count]))
        var isPositive = isSame
        if removesDiagonal {
            let others = (0..<count * count).map { $0 / count != $0 % count }
            isPositive = try graph.logicalAnd(
                isSame, graph.constant(Tensor(others, shape: [count, count])))
        }
        // Both weights are clipped at 0 and multiplied as Keras does it, gradient and all.
        let pull = try side(
            isPositive, weight: graph.add(graph.constant(Float(margin)), distances),
            distance: graph.subtract(distances, graph.constant(Float(margin))), in: &graph)
        let push = try side(
            graph.logicalNot(isSame),
            weight: graph.subtract(graph.constant(Float(1 + margin)), distances),
            distance: graph.subtract(graph.constant(Float(1 - margin)), distances), in: &graph)
        let loss = try graph.unary(.softplus, graph.add(pull, push))
        return LossValues(loss, mask: try graph.compare(.greater, loss, zero))
    }

    /// `ln Σ e^(gamma · weight · distance)` over the pairs that `isMember` names.
    private func side(
        _ isMember: Value, weight: Value, distance: Value, in graph: inout Graph
    ) throws -> Value {
        let weight = try graph.maximum(
            graph.multiply(weight, graph.indicator(isMember)), graph.constant(0))
        let value = try graph.multiply(graph.scale(weight, by: Float(gamma)), distance)
        let nothing = try graph.constant(-Float.infinity)
        return try graph.logSumExp(graph.select(isMember, value, nothing), axes: [1])
    }
}

extension Loss {
    /// For embeddings of unit norm and class numbers: brings classes together and apart.
    public static let circle = circle()

    public static func circle(gamma: Double = 80, margin: Double = 0.4) -> Loss {
        Loss(Circle(gamma: gamma, margin: margin))
    }
}
