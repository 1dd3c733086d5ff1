internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// ``Dice`` with separate weights for what was missed (`alpha`) and what was made up (`beta`).
///
/// - SeeAlso: Salehi et al. 2017, arXiv:1706.05721.
struct Tversky: LossFunction {
    static let className = "Tversky"
    static let functionName = "tversky"
    let alpha: Double
    let beta: Double
    let axes: [Int]?

    init(config: LayerConfig) throws {
        alpha = try config.double("alpha", default: 0.5)
        beta = try config.double("beta", default: 0.5)
        axes = config.value("axis") == nil ? nil : try config.intList("axis")
    }

    var config: JSONObject {
        ["alpha": .double(alpha), "beta": .double(beta), "axis": axes.axesJSON]
    }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        try graph.expectSameShape(truth, prediction)
        let axes = try graph.lossAxes(axes, of: prediction)
        let one = try graph.constant(1)
        let overlap = try graph.sum(graph.multiply(truth, prediction), axes: axes)
        let missed = try graph.sum(
            graph.multiply(graph.subtract(one, prediction), truth), axes: axes)
        let made = try graph.sum(
            graph.multiply(prediction, graph.subtract(one, truth)), axes: axes)
        let errors = try graph.add(
            graph.scale(missed, by: Float(alpha)), graph.scale(made, by: Float(beta)))
        let total = try graph.add(graph.add(overlap, errors), graph.constant(lossEpsilon))
        return LossValues(try graph.subtract(one, graph.divide(overlap, total)))
    }
}
