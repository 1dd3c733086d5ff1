internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// Half the squared difference up to `delta`, linear beyond it.
///
/// - SeeAlso: Huber 1964, "Robust estimation of a location parameter".
struct Huber: LossFunction {
    static let className = "Huber"
    static let functionName = "huber"
    static let defaultName = "huber_loss"
    let delta: Double

    init(delta: Double) { self.delta = delta }

    init(config: LayerConfig) throws { delta = try config.double("delta", default: 1) }

    /// Keras writes a Huber loss without its `delta` and so loses it; a file that has it is read.
    var config: JSONObject { delta == 1 ? [:] : ["delta": .double(delta)] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let error = try graph.difference(prediction, truth)
        let size = try graph.unary(.abs, error)
        let limit = try graph.constant(Float(delta))
        let square = try graph.scale(graph.square(error), by: 0.5)
        let line = try graph.subtract(
            graph.multiply(limit, size), graph.constant(0.5 * Float(delta) * Float(delta)))
        let isSmall = try graph.compare(.lessOrEqual, size, limit)
        return LossValues(try graph.meanOfLast(graph.select(isSmall, square, line)))
    }
}

extension Loss {
    /// Quadratic up to a difference of 1, linear beyond it.
    public static let huber = huber(delta: 1)

    /// Quadratic up to a difference of `delta`, linear beyond it.
    public static func huber(delta: Double) -> Loss { Loss(Huber(delta: delta)) }
}
