internal import SwiftletGraph
internal import SwiftletLayers

/// How far the best wrong class comes within 1 of the right one.
struct CategoricalHinge: LossFunction {
    static let className = "CategoricalHinge"
    static let functionName = "categorical_hinge"

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        try graph.expectSameShape(truth, prediction)
        let one = try graph.constant(1)
        let right = try graph.sum(graph.multiply(truth, prediction), axes: [-1])
        let wrong = try graph.max(
            graph.multiply(graph.subtract(one, truth), prediction), axes: [-1])
        let value = try graph.add(graph.subtract(wrong, right), one)
        return LossValues(try graph.maximum(value, graph.constant(0)))
    }
}

extension Loss {
    /// For one-hot classes: how far the best wrong class comes within 1 of the right one.
    public static let categoricalHinge = Loss(CategoricalHinge())
}
