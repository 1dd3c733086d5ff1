internal import SwiftletGraph
internal import SwiftletLayers

/// The mean of `ln cosh(prediction − truth)` over the last axis.
struct LogCosh: LossFunction {
    static let className = "LogCosh"
    static let functionName = "log_cosh"
    static let aliases = ["logcosh"]

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let x = try graph.difference(prediction, truth)
        let tail = try graph.unary(.softplus, graph.scale(x, by: -2))
        let value = try graph.subtract(graph.add(x, tail), graph.constant(0.6931472))
        return LossValues(try graph.meanOfLast(value))
    }
}

extension Loss {
    /// The mean of the logarithm of the hyperbolic cosine of the differences.
    public static let logCosh = Loss(LogCosh())
}
