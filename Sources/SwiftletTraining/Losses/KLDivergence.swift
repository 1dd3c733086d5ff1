internal import SwiftletGraph
internal import SwiftletLayers

/// `Σ truth · ln(truth / prediction)` over the last axis.
struct KLDivergence: LossFunction {
    static let className = "KLDivergence"
    static let functionName = "kl_divergence"
    static let aliases = ["kld", "kullback_leibler_divergence"]

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        try graph.expectSameShape(truth, prediction)
        let clip = UnaryFunction.clip(lowest: lossEpsilon, highest: 1)
        let p = try graph.unary(clip, truth)
        let q = try graph.unary(clip, prediction)
        let value = try graph.multiply(p, graph.log(graph.divide(p, q)))
        return LossValues(try graph.sum(value, axes: [-1]))
    }
}

extension Loss {
    /// The divergence of predicted from true distributions.
    public static let klDivergence = Loss(KLDivergence())
}
