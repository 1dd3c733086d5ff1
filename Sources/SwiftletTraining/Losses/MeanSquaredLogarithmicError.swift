internal import SwiftletGraph
internal import SwiftletLayers

/// The mean of `(ln(1 + prediction) − ln(1 + truth))²` over the last axis; numbers below 0 count as 0.
struct MeanSquaredLogarithmicError: LossFunction {
    static let className = "MeanSquaredLogarithmicError"
    static let functionName = "mean_squared_logarithmic_error"
    static let aliases = ["msle"]

    init() {}
    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let logarithms = try [prediction, truth].map { value in
            let positive = try graph.maximum(value, graph.constant(lossEpsilon))
            return try graph.log(graph.add(positive, graph.constant(1)))
        }
        let difference = try graph.difference(logarithms[0], logarithms[1])
        return LossValues(try graph.meanOfLast(graph.square(difference)))
    }
}

extension Loss {
    /// The mean of squared differences of logarithms.
    public static let meanSquaredLogarithmicError = Loss(MeanSquaredLogarithmicError())
}
